import fc from 'fast-check';
import { NodeRegistry } from '../../nodes/node-registry.js';
import type { JsonObject, JsonValue } from '../json.js';
import { validateWorkflow } from './validate-workflow.js';
import type { ValidationProblem, ValidationResult } from './workflow-definition.js';

const catalog = new NodeRegistry();
const position = { x: 0, y: 0 };

/** A node that has nothing wrong with it. */
function node(id: string, overrides: JsonObject = {}): JsonObject {
  return { id, type: 'log', position, config: { message: 'hello' }, ...overrides };
}

function edge(source: string, target: string, overrides: JsonObject = {}): JsonObject {
  return { source, target, ...overrides };
}

/** Two nodes and an edge without a problem. */
function workflow(overrides: JsonObject = {}): JsonObject {
  return { name: 'Test', nodes: [node('a'), node('b')], edges: [edge('a', 'b')], ...overrides };
}

function validate(document: JsonValue): ValidationResult {
  return validateWorkflow(document, catalog);
}

function errorsOf(document: JsonValue): ValidationProblem[] {
  return validate(document).errors;
}

function warningsOf(document: JsonValue): ValidationProblem[] {
  const { errors, warnings } = validate(document);
  expect(errors).toEqual([]);
  return warnings;
}

/** A problem but for its text. */
function problem(code: string, place: Partial<ValidationProblem> = {}): unknown {
  return { code, message: expect.any(String) as string, ...place };
}

describe('a workflow without a problem', () => {
  it('has no errors and no warnings, and its figures are told', () => {
    const result = validate(workflow());
    expect(result).toEqual({
      valid: true,
      errors: [],
      warnings: [],
      stats: { totalNodes: 2, totalEdges: 1, startNodes: 1, endNodes: 1, maxDepth: 2 },
    });
  });

  it('may use every field of the format', () => {
    const document = {
      id: 'wf_orders',
      name: 'Order intake',
      description: 'd',
      author: 'me',
      version: { version: '1.0.0-rc.1', changelog: 'c', isDraft: true, parentVersion: '0.9.0' },
      nodes: [
        node('开始', { type: 'input', config: {}, label: 'L', name: 'N', description: 'd', color: '#fff', icon: 'i' }),
        node('b', {
          inputs: { x: { from: '开始', output: 'a.b', required: true } },
          enabled: false,
          retryPolicy: {
            maxAttempts: 3,
            backoffStrategy: 'linear',
            initialDelay: 0,
            maxDelay: 5,
            maxElapsed: 9,
            retryableErrors: ['503'],
            jitter: true,
          },
          timeout: 100,
          onInterrupted: 'ask',
          join: 'all',
          ownField: { kept: true },
        }),
      ],
      edges: [
        edge('开始', 'b', {
          id: 'e',
          sourceHandle: 'o',
          targetHandle: null,
          type: 'data',
          condition: '{{ total > 10 }}',
          label: 'l',
          enabled: true,
        }),
      ],
      settings: {
        maxConcurrency: 100,
        timeout: 1000,
        retryPolicy: { maxRetries: 10, backoff: 'exponential' },
        errorHandling: 'continue',
        enableCheckpoint: false,
        checkpointInterval: 2,
        enableCache: true,
        cacheTTL: 0,
        verboseLogging: true,
        ownSetting: 1,
      },
      metadata: { tags: ['a'], category: 'c', isPublic: false, usageCount: 3, lastExecutedAt: null, custom: {} },
      status: 'inactive',
      isPublished: true,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00+02:00',
      ownTop: [1],
    };
    expect(validate(document)).toMatchObject({ valid: true, errors: [], warnings: [] });
  });
});

describe('MISSING_FIELD', () => {
  it('tells each required field that is absent, null or blank', () => {
    expect(errorsOf({})).toEqual(['name', 'nodes', 'edges'].map((field) => problem('MISSING_FIELD', { field })));
    expect(errorsOf(workflow({ name: ' \n' }))).toEqual([problem('MISSING_FIELD', { field: 'name' })]);
    expect(errorsOf({ name: null, nodes: null, edges: null })).toHaveLength(3);
  });

  it('names a node or edge without an id by its place', () => {
    const nodes = [node('a'), { position, config: {} }, { id: 'b', type: '', position, config: {} }];
    const edges = [edge('a', 'b'), { id: 'e' }, { source: 'a', target: '' }];
    expect(errorsOf(workflow({ nodes, edges }))).toEqual([
      problem('MISSING_FIELD', { field: 'nodes.1.id' }),
      problem('MISSING_FIELD', { field: 'nodes.1.type' }),
      problem('MISSING_FIELD', { nodeId: 'b', field: 'type' }),
      problem('MISSING_FIELD', { edgeId: 'e', field: 'source' }),
      problem('MISSING_FIELD', { edgeId: 'e', field: 'target' }),
      problem('MISSING_FIELD', { field: 'edges.2.target' }),
    ]);
  });
});

describe('INVALID_SCHEMA', () => {
  it.each([[null], [[]], ['text'], [7], [true]])('refuses %j in place of a document', (document) => {
    expect(errorsOf(document)).toEqual([problem('INVALID_SCHEMA')]);
  });

  it.each<[string, JsonValue]>([
    ['name', 7],
    ['name', 'x'.repeat(257)],
    ['description', 'x'.repeat(10_001)],
    ['description', null],
    ['author', {}],
    ['version', '1.0.0'],
    ['nodes', {}],
    ['edges', 'none'],
    ['settings', []],
    ['metadata', 'x'],
    ['status', 'broken'],
    ['isPublished', 'yes'],
    ['createdAt', 'yesterday'],
    ['id', 'with space'],
    ['id', ''],
    ['id', 'x'.repeat(129)],
  ])('refuses a bad workflow.%s: %j', (field, value) => {
    expect(errorsOf(workflow({ [field]: value }))).toContainEqual(problem('INVALID_SCHEMA', { field }));
  });

  it.each(['stats', 'export', 'import', 'validate', 'cleanup', 'bulk', '..', '__proto__', 'constructor', 'prototype'])(
    'refuses the workflow id %s',
    (id) => {
      expect(errorsOf(workflow({ id }))).toEqual([problem('INVALID_SCHEMA', { field: 'id' })]);
    },
  );

  it.each([['__proto__'], ['constructor'], ['prototype'], ['a[0]'], ['line\nbreak'], ['x'.repeat(129)], [7]])(
    'refuses the node id %j',
    (id) => {
      const nodes = [node('a', { id })];
      expect(errorsOf(workflow({ nodes, edges: [] }))).toEqual([problem('INVALID_SCHEMA', { field: 'nodes.0.id' })]);
    },
  );

  it('counts characters, not UTF-16 units', () => {
    expect(errorsOf(workflow({ name: '𝄞'.repeat(256) }))).toEqual([]);
    expect(errorsOf(workflow({ nodes: [node('𝄞'.repeat(128))], edges: [] }))).toEqual([]);
  });

  it.each<[string, JsonValue]>([
    ['type', 7],
    ['label', 7],
    ['config', 'x'],
    ['config', null],
    ['inputs', []],
    ['enabled', 'no'],
    ['rollback', []],
    ['onInterrupted', 'hope'],
    ['join', 'some'],
  ])('refuses a bad node.%s: %j', (field, value) => {
    const nodes = [node('a'), node('b', { [field]: value })];
    expect(errorsOf(workflow({ nodes }))).toEqual([problem('INVALID_SCHEMA', { nodeId: 'b', field })]);
  });

  it.each<[string, JsonValue]>([
    ['source', 7],
    ['target', {}],
    ['sourceOutput', ''],
    ['targetHandle', 3],
    ['type', 'magic'],
    ['condition', true],
    ['enabled', 1],
  ])('refuses a bad edge.%s: %j', (field, value) => {
    const edges = [edge('a', 'b', { id: 'e', [field]: value })];
    expect(errorsOf(workflow({ edges }))).toEqual([problem('INVALID_SCHEMA', { edgeId: 'e', field })]);
  });

  it('refuses nodes, edges and mappings that are no objects', () => {
    const nodes = [node('a'), node('b', { inputs: { x: 'a' } }), null, 'c'];
    expect(errorsOf(workflow({ nodes, edges: [edge('a', 'b'), []] }))).toEqual([
      problem('INVALID_SCHEMA', { field: 'nodes.2' }),
      problem('INVALID_SCHEMA', { field: 'nodes.3' }),
      problem('INVALID_SCHEMA', { nodeId: 'b', field: 'inputs.x' }),
      problem('INVALID_SCHEMA', { field: 'edges.1' }),
    ]);
  });

  it('refuses wrong items in tags, and a list of millions of them with one row', () => {
    expect(errorsOf(workflow({ metadata: { tags: ['a', 1] } }))).toEqual([
      problem('INVALID_SCHEMA', { field: 'metadata.tags.1' }),
    ]);
    const tags = Array.from({ length: 2_000_000 }, () => 1);
    expect(errorsOf(workflow({ metadata: { tags } }))).toEqual([problem('INVALID_SCHEMA', { field: 'metadata.tags' })]);
  });

  it('refuses a document that is too deep to be worked with', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 100_000; level++) deep = { deep };
    const nodes = [node('a', { config: { message: 'x', data: deep } })];
    expect(errorsOf(workflow({ nodes, edges: [] }))).toEqual([problem('INVALID_SCHEMA', { field: 'nodes' })]);
  });
});

describe('DUPLICATE_NODE_ID', () => {
  it('is told for each node whose id another one has already', () => {
    const nodes = [node('a'), node('b'), node('a'), node('a')];
    expect(errorsOf(workflow({ nodes }))).toEqual([
      problem('DUPLICATE_NODE_ID', { nodeId: 'a', field: 'id' }),
      problem('DUPLICATE_NODE_ID', { nodeId: 'a', field: 'id' }),
    ]);
  });
});

describe('UNKNOWN_NODE_TYPE', () => {
  it('names the node, and its message the types that are known', () => {
    const errors = errorsOf(workflow({ nodes: [node('a'), node('b', { type: 'no-such-type' })] }));
    expect(errors).toEqual([problem('UNKNOWN_NODE_TYPE', { nodeId: 'b', field: 'type' })]);
    expect(errors[0]?.message).toContain('external-api');
  });

  it('knows types by their aliases', () => {
    expect(errorsOf(workflow({ nodes: [node('a'), node('b', { type: 'process', config: { output: 1 } })] }))).toEqual(
      [],
    );
  });
});

describe('INVALID_CONFIG', () => {
  it('names the path in the config', () => {
    const api = node('b', { type: 'external-api', config: { method: 'GET', url: 7 } });
    expect(errorsOf(workflow({ nodes: [node('a'), api] }))).toContainEqual(
      problem('INVALID_CONFIG', { nodeId: 'b', field: 'config.url' }),
    );
  });

  it('tells required parameters of a node without a config', () => {
    const nodes = [node('a'), { id: 'b', type: 'condition', position }];
    expect(errorsOf(workflow({ nodes }))).toContainEqual(
      problem('INVALID_CONFIG', { nodeId: 'b', field: 'config.expression' }),
    );
  });

  it('admits an expression for any value', () => {
    const api = node('b', {
      type: 'external-api',
      config: { method: 'GET', url: '{{ inputs.url }}', timeout: '{{ inputs.ms }}' },
    });
    expect(errorsOf(workflow({ nodes: [node('a'), api] }))).toEqual([]);
  });

  it('checks compensation parameters', () => {
    const api = node('b', {
      type: 'external-api',
      config: { method: 'POST', url: 'http://x/' },
      rollback: { method: 'DELETE', url: 7 },
    });
    expect(errorsOf(workflow({ nodes: [node('a'), api] }))).toContainEqual(
      problem('INVALID_CONFIG', { nodeId: 'b', field: 'rollback.url' }),
    );
  });
});

describe('INVALID_EXPRESSION', () => {
  it('names the field of each bad expression in a config', () => {
    const nodes = [
      node('a', { config: { message: 'x {{ 1 + }}', data: { deep: ['{{ ) }}', '{{ 1 }}'] } } }),
      node('b'),
    ];
    expect(errorsOf(workflow({ nodes }))).toEqual([
      problem('INVALID_EXPRESSION', { nodeId: 'a', field: 'config.message' }),
      problem('INVALID_EXPRESSION', { nodeId: 'a', field: 'config.data.deep.0' }),
    ]);
  });

  it('is told of fields that are an expression as a whole', () => {
    const nodes = [node('a', { type: 'condition', config: { expression: 'inputs.x >' } }), node('b')];
    const edges = [edge('a', 'b', { sourceOutput: 'true' })];
    expect(errorsOf(workflow({ nodes, edges }))).toEqual([
      problem('INVALID_EXPRESSION', { nodeId: 'a', field: 'config.expression' }),
    ]);
  });

  it('is told of an edge and of compensation parameters', () => {
    const api = node('b', {
      type: 'external-api',
      config: { method: 'POST', url: 'http://x/' },
      rollback: { method: 'DELETE', url: '{{ ( }}' },
    });
    const edges = [edge('a', 'b', { id: 'e', condition: 'total >' })];
    expect(errorsOf(workflow({ nodes: [node('a'), api], edges }))).toEqual([
      problem('INVALID_EXPRESSION', { nodeId: 'b', field: 'rollback.url' }),
      problem('INVALID_EXPRESSION', { edgeId: 'e', field: 'condition' }),
    ]);
  });
});

describe('DUPLICATE_EDGE_ID', () => {
  it('is told for each edge whose id another one has already, disabled ones too', () => {
    const edges = [edge('a', 'b', { id: 'e' }), edge('a', 'b', { id: 'e', enabled: false })];
    expect(errorsOf(workflow({ edges }))).toEqual([problem('DUPLICATE_EDGE_ID', { edgeId: 'e', field: 'id' })]);
  });
});

describe('INVALID_SOURCE_NODE and INVALID_TARGET_NODE', () => {
  it('are told of an edge that names no node', () => {
    const edges = [edge('a', 'b'), edge('x', 'b', { id: 'e' }), edge('a', 'y')];
    expect(errorsOf(workflow({ edges }))).toEqual([
      problem('INVALID_SOURCE_NODE', { edgeId: 'e', field: 'source' }),
      problem('INVALID_TARGET_NODE', { field: 'edges.2.target' }),
    ]);
  });

  it('are not told of a disabled edge, which is as if absent', () => {
    expect(errorsOf(workflow({ edges: [edge('a', 'b'), edge('x', 'x', { enabled: false })] }))).toEqual([]);
  });
});

describe('INVALID_INPUT_MAPPING', () => {
  it('is told of a mapping from an unknown node', () => {
    const nodes = [node('a'), node('b', { inputs: { x: { from: 'nowhere', output: 'o' } } })];
    expect(errorsOf(workflow({ nodes }))).toEqual([
      problem('INVALID_INPUT_MAPPING', { nodeId: 'b', field: 'inputs.x.from' }),
    ]);
  });
});

describe('SELF_LOOP', () => {
  it('is told of an edge from a node to itself, and not again as a cycle', () => {
    const result = validate(workflow({ edges: [edge('a', 'b'), edge('b', 'b', { id: 'e' })] }));
    expect(result.errors).toEqual([problem('SELF_LOOP', { edgeId: 'e', field: 'target' })]);
    expect(result.stats.maxDepth).toBe(0);
  });
});

describe('CIRCULAR_DEPENDENCY', () => {
  it('spells the cycle out', () => {
    const nodes = [node('s'), node('a'), node('b'), node('c')];
    const edges = [edge('s', 'b'), edge('a', 'b'), edge('b', 'c'), edge('c', 'a')];
    const { errors, stats } = validate(workflow({ nodes, edges }));
    expect(errors).toEqual([problem('CIRCULAR_DEPENDENCY', { nodeId: 'a' })]);
    expect(errors[0]?.message).toContain('a -> b -> c -> a');
    expect(stats.maxDepth).toBe(0);
  });

  it('counts input mappings, and a mapping from the node itself', () => {
    const mapped = node('a', { inputs: { x: { from: 'b', output: 'o' } } });
    const [error] = errorsOf(workflow({ nodes: [mapped, node('b')] }));
    expect(error).toEqual(problem('CIRCULAR_DEPENDENCY', { nodeId: 'a' }));
    expect(error?.message).toContain('a -> b -> a');
    const itself = node('b', { inputs: { x: { from: 'b', output: 'o' } } });
    const [loop] = errorsOf(workflow({ nodes: [node('a'), itself] }));
    expect(loop).toEqual(problem('CIRCULAR_DEPENDENCY', { nodeId: 'b', field: 'inputs.x.from' }));
    expect(loop?.message).toContain('b -> b');
  });

  it('is told once for each group of nodes that wait for one another', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => node(id));
    const edges = [edge('a', 'b'), edge('b', 'a'), edge('c', 'd'), edge('d', 'c')];
    const messages = errorsOf(workflow({ nodes, edges })).map(({ message }) => message);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toContain('a -> b -> a');
    expect(messages[1]).toContain('c -> d -> c');
  });

  it('does not count disabled edges', () => {
    expect(errorsOf(workflow({ edges: [edge('a', 'b'), edge('b', 'a', { enabled: false })] }))).toEqual([]);
  });
});

describe('INVALID_SETTING', () => {
  it.each<[string, JsonValue]>([
    ['maxConcurrency', 0],
    ['maxConcurrency', 2.5],
    ['maxConcurrency', '5'],
    ['timeout', 0],
    ['timeout', -1],
    ['timeout', null],
    ['errorHandling', 'ignore'],
    ['enableCheckpoint', 'yes'],
    ['checkpointInterval', 0],
    ['enableCache', 1],
    ['cacheTTL', -1],
    ['verboseLogging', null],
    ['retryPolicy', []],
  ])('refuses settings.%s %j', (field, value) => {
    expect(errorsOf(workflow({ settings: { [field]: value } }))).toEqual([
      problem('INVALID_SETTING', { field: `settings.${field}` }),
    ]);
  });

  it.each<[string, JsonValue]>([
    ['maxRetries', -1],
    ['maxRetries', 1.5],
    ['maxAttempts', 0],
    ['backoff', 'quadratic'],
    ['backoffStrategy', 'none'],
    ['initialDelay', -1],
    ['maxDelay', '1s'],
    ['maxElapsed', 1e300],
    ['retryableErrors', 'TIMEOUT'],
    ['jitter', 'full'],
  ])('refuses a bad retryPolicy.%s: %j, in the settings and of a node', (field, value) => {
    const retryPolicy = { [field]: value };
    const document = workflow({ nodes: [node('a'), node('b', { retryPolicy })], settings: { retryPolicy } });
    expect(errorsOf(document)).toEqual([
      problem('INVALID_SETTING', { field: `settings.retryPolicy.${field}` }),
      problem('INVALID_SETTING', { nodeId: 'b', field: `retryPolicy.${field}` }),
    ]);
  });

  it('refuses wrong items in retryableErrors', () => {
    expect(errorsOf(workflow({ settings: { retryPolicy: { retryableErrors: [503] } } }))).toEqual([
      problem('INVALID_SETTING', { field: 'settings.retryPolicy.retryableErrors.0' }),
    ]);
  });

  it("refuses a node's timeout that is no time", () => {
    expect(errorsOf(workflow({ nodes: [node('a'), node('b', { timeout: 0 })] }))).toEqual([
      problem('INVALID_SETTING', { nodeId: 'b', field: 'timeout' }),
    ]);
  });
});

describe('INVALID_VERSION_FORMAT', () => {
  it.each(['1.0', 'v1.0.0', '', '01.0.0', '1.0.0-'])('warns of the version %j', (version) => {
    expect(warningsOf(workflow({ version: { version } }))).toEqual([
      problem('INVALID_VERSION_FORMAT', { field: 'version.version' }),
    ]);
  });
});

describe('INVALID_POSITION', () => {
  it('warns of a position that is missing or bad', () => {
    const nodes = [node('a', { position: undefined }), node('b', { position: { x: 'left', y: 0 } })];
    const noCoordinate = node('c', { position: { x: 1 } });
    expect(warningsOf(workflow({ nodes: [...nodes, noCoordinate], edges: [edge('a', 'b'), edge('b', 'c')] }))).toEqual([
      problem('INVALID_POSITION', { nodeId: 'a', field: 'position' }),
      problem('INVALID_POSITION', { nodeId: 'b', field: 'position.x' }),
      problem('INVALID_POSITION', { nodeId: 'c', field: 'position.y' }),
    ]);
  });
});

describe('MISSING_CONFIG', () => {
  it('warns of a node without a config', () => {
    const nodes = [node('a'), { id: 'b', type: 'output', position }];
    expect(warningsOf(workflow({ nodes }))).toEqual([problem('MISSING_CONFIG', { nodeId: 'b', field: 'config' })]);
  });
});

describe('INCOMPLETE_INPUT_MAPPING', () => {
  it('warns of a mapping without its source or its output', () => {
    const nodes = [
      node('a'),
      node('b', { inputs: { x: { from: 'a' }, y: { output: 'o' }, z: { from: '', output: null } } }),
    ];
    expect(warningsOf(workflow({ nodes }))).toEqual([
      problem('INCOMPLETE_INPUT_MAPPING', { nodeId: 'b', field: 'inputs.x.output' }),
      problem('INCOMPLETE_INPUT_MAPPING', { nodeId: 'b', field: 'inputs.y.from' }),
      problem('INCOMPLETE_INPUT_MAPPING', { nodeId: 'b', field: 'inputs.z.from' }),
      problem('INCOMPLETE_INPUT_MAPPING', { nodeId: 'b', field: 'inputs.z.output' }),
    ]);
  });
});

const branching = node('a', { type: 'condition', config: { expression: 'inputs.x > 1' } });

describe('MISSING_SOURCE_OUTPUT', () => {
  it('warns of an edge from a branching node that names no port, unless it is an error edge', () => {
    const edges = [edge('a', 'b', { id: 'e' }), edge('a', 'b', { type: 'error' })];
    expect(warningsOf(workflow({ nodes: [branching, node('b')], edges }))).toEqual([
      problem('MISSING_SOURCE_OUTPUT', { edgeId: 'e', field: 'sourceOutput' }),
    ]);
  });
});

describe('UNKNOWN_PORT', () => {
  it('warns of a port that the branching node does not have', () => {
    const switching = node('b', {
      type: 'switch',
      config: { value: '{{ inputs.x }}', cases: [{ port: 'one', equals: 1 }], default: 'other' },
    });
    const edges = [
      edge('a', 'b', { sourceHandle: 'true' }),
      edge('a', 'c', { id: 'e1', sourceOutput: 'maybe' }),
      edge('b', 'c', { sourceOutput: 'one', targetInput: 'x' }),
      edge('b', 'c', { id: 'e2', sourceOutput: 'two', targetInput: 'y' }),
      edge('b', 'c', { sourceOutput: 'other', targetInput: 'z' }),
    ];
    expect(warningsOf(workflow({ nodes: [branching, switching, node('c')], edges }))).toEqual([
      problem('UNKNOWN_PORT', { edgeId: 'e1', field: 'sourceOutput' }),
      problem('UNKNOWN_PORT', { edgeId: 'e2', field: 'sourceOutput' }),
    ]);
  });
});

describe('MISSING_TARGET_INPUT', () => {
  const three = [node('a', { type: 'input', config: {} }), node('b', { type: 'input', config: {} }), node('c')];

  it('warns of two edges that spread the same name into one node', () => {
    const edges = [
      edge('a', 'c', { sourceOutput: 'order.total' }),
      edge('b', 'c', { id: 'e', sourceOutput: 'total' }),
      edge('b', 'c', { sourceOutput: 'other' }),
    ];
    expect(warningsOf(workflow({ nodes: three, edges }))).toEqual([
      problem('MISSING_TARGET_INPUT', { edgeId: 'e', field: 'targetInput' }),
    ]);
  });

  it('warns of whole outputs that surely share a name', () => {
    const transform = (id: string, output: JsonValue) => node(id, { type: 'transform', config: { output } });
    const nodes = [transform('a', { x: 1, y: 2 }), transform('b', { y: 3 }), transform('d', { z: 1 }), node('c')];
    const edges = [edge('a', 'c'), edge('b', 'c', { id: 'e' }), edge('d', 'c')];
    const warnings = warningsOf(workflow({ nodes, edges }));
    expect(warnings).toEqual([problem('MISSING_TARGET_INPUT', { edgeId: 'e', field: 'targetInput' })]);
    expect(warnings[0]?.message).toContain('"y"');
  });

  it('does not warn where one of the two names its input, carries nothing or is disabled', () => {
    const edges = [
      edge('a', 'c', { sourceOutput: 'total' }),
      edge('b', 'c', { sourceOutput: 'total', targetInput: 'other' }),
      edge('b', 'c', { sourceOutput: 'total', type: 'control' }),
      edge('b', 'c', { sourceOutput: 'total', enabled: false }),
    ];
    expect(warningsOf(workflow({ nodes: three, edges }))).toEqual([]);
  });
});

describe('DUPLICATE_CONNECTION', () => {
  it('warns of a second edge that joins the same nodes in the same way', () => {
    const edges = [
      edge('a', 'b', { targetInput: 'x' }),
      edge('a', 'b', { id: 'e', targetHandle: 'x', label: 'again' }),
      edge('a', 'b', { targetInput: 'y' }),
      edge('a', 'b', { targetInput: 'x', condition: 'total > 1' }),
    ];
    expect(warningsOf(workflow({ edges }))).toEqual([problem('DUPLICATE_CONNECTION', { edgeId: 'e' })]);
  });
});

describe('UNORDERED_REFERENCE', () => {
  it('warns of an expression that reads a node that does not come before', () => {
    const reading = (id: string, read: string) => node(id, { config: { message: `{{ nodes.${read}.x }}` } });
    const nodes = [
      node('a'),
      reading('b', 'a'),
      reading('c', 'a'),
      reading('d', 'c'),
      reading('e', 'nowhere'),
      reading('f', 'f'),
    ];
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('a', 'd'), edge('a', 'e'), edge('a', 'f')];
    expect(warningsOf(workflow({ nodes, edges }))).toEqual([
      problem('UNORDERED_REFERENCE', { nodeId: 'e', field: 'config' }),
      problem('UNORDERED_REFERENCE', { nodeId: 'd', field: 'config' }),
      problem('UNORDERED_REFERENCE', { nodeId: 'f', field: 'config' }),
    ]);
  });

  it("lets an edge's condition read its source and what comes before that", () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => node(id));
    const edges = [
      edge('a', 'b'),
      edge('b', 'c', { condition: '$nodes.a.x = $nodes.b.x' }),
      edge('d', 'c', { id: 'e', condition: '$nodes.a.x = 1' }),
    ];
    expect(warningsOf(workflow({ nodes, edges }))).toEqual([
      problem('UNORDERED_REFERENCE', { edgeId: 'e', field: 'condition' }),
    ]);
  });
});

describe('EMPTY_WORKFLOW', () => {
  it('warns of a workflow without nodes', () => {
    expect(warningsOf(workflow({ nodes: [], edges: [] }))).toEqual([problem('EMPTY_WORKFLOW', { field: 'nodes' })]);
  });
});

describe('ISOLATED_NODE', () => {
  it('warns of a node that nothing joins to the others', () => {
    expect(warningsOf(workflow({ nodes: [node('a'), node('b'), node('c')] }))).toEqual([
      problem('ISOLATED_NODE', { nodeId: 'c' }),
    ]);
  });

  it('is not told of a node that is alone, nor of one that only a mapping joins', () => {
    expect(warningsOf(workflow({ nodes: [node('a')], edges: [] }))).toEqual([]);
    const mapped = node('b', { inputs: { x: { from: 'a', output: 'o' } } });
    expect(warningsOf(workflow({ nodes: [node('a'), mapped], edges: [] }))).toEqual([]);
  });
});

describe('NO_START_NODE and NO_END_NODE', () => {
  it('warn where every node waits for another one, and every node leads to one', () => {
    const { warnings } = validate(workflow({ edges: [edge('a', 'b'), edge('b', 'a')] }));
    expect(warnings).toEqual([
      problem('NO_END_NODE', { field: 'nodes' }),
      problem('NO_START_NODE', { field: 'nodes' }),
    ]);
  });
});

describe('UNREACHABLE_NODE', () => {
  it('warns of nodes to which no path leads from a start', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => node(id));
    const { warnings } = validate(workflow({ nodes, edges: [edge('a', 'b'), edge('c', 'd'), edge('d', 'c')] }));
    expect(warnings).toEqual([
      problem('UNREACHABLE_NODE', { nodeId: 'c' }),
      problem('UNREACHABLE_NODE', { nodeId: 'd' }),
    ]);
  });
});

describe('HIGH_CONCURRENCY', () => {
  it('warns of more than 100 nodes at once', () => {
    expect(warningsOf(workflow({ settings: { maxConcurrency: 101 } }))).toEqual([
      problem('HIGH_CONCURRENCY', { field: 'settings.maxConcurrency' }),
    ]);
  });
});

describe('LOW_TIMEOUT', () => {
  it('warns of an execution limit below a second', () => {
    expect(warningsOf(workflow({ settings: { timeout: 999 } }))).toEqual([
      problem('LOW_TIMEOUT', { field: 'settings.timeout' }),
    ]);
  });
});

describe('HIGH_RETRY_COUNT', () => {
  it('warns of more than ten retries in either spelling, in the settings and of a node', () => {
    const nodes = [node('a', { retryPolicy: { maxRetries: 11 } }), node('b', { retryPolicy: { maxAttempts: 11 } })];
    expect(warningsOf(workflow({ nodes, settings: { retryPolicy: { maxAttempts: 12 } } }))).toEqual([
      problem('HIGH_RETRY_COUNT', { field: 'settings.retryPolicy.maxAttempts' }),
      problem('HIGH_RETRY_COUNT', { nodeId: 'a', field: 'retryPolicy.maxRetries' }),
    ]);
  });
});

describe('NO_ROLLBACK_HANDLER', () => {
  const call = (id: string, method: string, overrides: JsonObject = {}) =>
    node(id, { type: 'external-api', config: { method, url: 'http://x/' }, ...overrides });

  it('warns of an external node without a compensation when a failure rolls back', () => {
    const rollback = { method: 'DELETE', url: 'http://x/' };
    const nodes = [node('a'), call('b', 'POST'), call('c', 'POST', { rollback }), call('d', 'GET')];
    const edges = [edge('a', 'b'), edge('b', 'c', { targetInput: 'x' }), edge('c', 'd')];
    expect(warningsOf(workflow({ nodes, edges, settings: { errorHandling: 'rollback' } }))).toEqual([
      problem('NO_ROLLBACK_HANDLER', { nodeId: 'b', field: 'rollback' }),
    ]);
    expect(warningsOf(workflow({ nodes, edges }))).toEqual([]);
  });
});

describe('all problems at once', () => {
  it('are at most 200 of one code, and then a row that says how many more', () => {
    const nodes = Array.from({ length: 250 }, (_, index) =>
      node(`n${index}`, { type: 'no-such-type', config: undefined }),
    );
    const { errors, warnings } = validate(workflow({ nodes, edges: [] }));
    expect(errors).toHaveLength(201);
    expect(errors.at(-1)).toEqual({ code: 'UNKNOWN_NODE_TYPE', message: expect.stringContaining('50 more') as string });
    expect(warnings.filter(({ code }) => code === 'MISSING_CONFIG')).toHaveLength(201);
    expect(warnings.filter(({ code }) => code === 'ISOLATED_NODE')).toHaveLength(201);
  });
});

describe('a document of unreasonable size', () => {
  it('is refused for its nodes without a look at each', () => {
    const nodes = Array.from({ length: 100_001 }, () => ({}));
    expect(errorsOf(workflow({ nodes, edges: [] }))).toEqual([problem('INVALID_SCHEMA', { field: 'nodes' })]);
  });

  it('is refused for its expressions without compiling them', () => {
    const nodes = [node('a', { config: { message: '{{ 1 }}'.repeat(100_001) } })];
    expect(errorsOf(workflow({ nodes, edges: [] }))).toEqual([problem('INVALID_EXPRESSION')]);
  });

  it('is refused for the expressions that JSONata itself has to parse, after so many', () => {
    const nodes = [node('a', { config: { message: '{{ x[0] }}'.repeat(20_001) } })];
    const message = expect.stringContaining('More than 20000 expressions') as string;
    expect(errorsOf(workflow({ nodes, edges: [] }))).toEqual([
      { ...(problem('INVALID_EXPRESSION', { nodeId: 'a', field: 'config.message' }) as object), message },
    ]);
  });

  it('is refused for its schemas without compiling more of them', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`p${index}`, { type: 'string' }]),
    );
    const input = (id: string) => node(id, { type: 'input', config: { schema: { properties } } });
    expect(errorsOf(workflow({ nodes: [input('a'), input('b')], edges: [] }))).toEqual([
      problem('INVALID_CONFIG', { nodeId: 'a', field: 'config' }),
    ]);
  });
});

describe('any JSON', () => {
  /** Documents that are partly right, so that the checks behind the shape are reached too. */
  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<JsonValue>('a', 'b', '{{ nodes.a }}', '{{', 'condition', 'switch'),
  );
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<JsonValue>('a', 'b', 'c') },
    { weight: 1, arbitrary: junk },
  );
  const partly = (fields: Record<string, fc.Arbitrary<unknown>>) =>
    fc.oneof({ weight: 9, arbitrary: fc.record(fields, { requiredKeys: [] }) }, { weight: 1, arbitrary: junk });
  const anyNode = partly({
    id,
    type: fc.oneof(fc.constantFrom('log', 'condition', 'switch', 'transform', 'external-api', 'delay'), junk),
    config: fc.oneof(
      fc.dictionary(fc.constantFrom('expression', 'cases', 'value', 'output', 'url', 'message'), junk),
      junk,
    ),
    inputs: fc.oneof(fc.dictionary(fc.constantFrom('x', '__proto__'), partly({ from: id, output: junk })), junk),
    position: junk,
    retryPolicy: junk,
    rollback: junk,
    enabled: junk,
  });
  const anyEdge = partly({
    id,
    source: id,
    target: id,
    sourceOutput: junk,
    type: junk,
    condition: junk,
    enabled: junk,
  });
  const anyDocument = partly({
    name: junk,
    nodes: fc.oneof(fc.array(anyNode, { maxLength: 6 }), junk),
    edges: fc.oneof(fc.array(anyEdge, { maxLength: 8 }), junk),
    settings: fc.oneof(
      fc.dictionary(
        fc.constantFrom('errorHandling', 'retryPolicy', 'timeout'),
        fc.oneof(junk, fc.constant('rollback')),
      ),
      junk,
    ),
    version: junk,
    metadata: junk,
  });

  it('gets an answer, and valid is true exactly when there are no errors', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const { valid, errors, warnings } = validate(document as JsonValue);
        expect(valid).toBe(errors.length === 0);
        const unclear = [...errors, ...warnings].filter(
          ({ code, message }) => !/^[A-Z_]+$/.test(code) || message === '',
        );
        expect(unclear).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the document as it was', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const before = JSON.stringify(document);
        validate(document as JsonValue);
        expect(JSON.stringify(document)).toBe(before);
      }),
    );
  });
});

describe('graphs of 10,000 nodes', () => {
  const size = 10_000;
  const nodes = Array.from({ length: size }, (_, index) =>
    node(`n${index}`, {
      config: {
        message: index === 0 ? 'start' : `{{ nodes.n${index - 1}.message }} and {{ inputs.count + ${index} }}`,
      },
    }),
  );
  const chain = Array.from({ length: size - 1 }, (_, index) =>
    edge(`n${index}`, `n${index + 1}`, { targetInput: 'x' }),
  );

  it('are validated as a chain', () => {
    expect(validate(workflow({ nodes, edges: chain }))).toEqual({
      valid: true,
      errors: [],
      warnings: [],
      stats: { totalNodes: size, totalEdges: size - 1, startNodes: 1, endNodes: 1, maxDepth: size },
    });
  });

  it('are validated with 50,000 edges', () => {
    const more = Array.from({ length: 50_000 - chain.length }, (_, index) => {
      const source = (index * 7919) % (size - 10);
      return edge(`n${source}`, `n${source + 2 + (index % 8)}`, { targetInput: `y${index}` });
    });
    const { valid, warnings, stats } = validate(workflow({ nodes, edges: [...chain, ...more] }));
    expect({ valid, warnings, stats }).toEqual({
      valid: true,
      warnings: [],
      stats: { totalNodes: size, totalEdges: 50_000, startNodes: 1, endNodes: 1, maxDepth: size },
    });
  });

  it('are validated as one cycle, which is spelled out', () => {
    const { errors, stats } = validate(workflow({ nodes, edges: [...chain, edge(`n${size - 1}`, 'n0')] }));
    expect(errors).toHaveLength(1);
    expect(errors[0]?.code).toBe('CIRCULAR_DEPENDENCY');
    expect(errors[0]?.message).toContain(`n0 -> n1 -> n2`);
    expect(errors[0]?.message.endsWith(`n${size - 1} -> n0`)).toBe(true);
    expect(stats).toMatchObject({ startNodes: 0, endNodes: 0, maxDepth: 0 });
  });
});
