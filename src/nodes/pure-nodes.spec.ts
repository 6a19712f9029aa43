import { nodeContext } from '../../test/support/node-context.js';
import { NodeError } from '../engine/errors.js';
import { compileTemplate } from '../engine/expressions/compile-template.js';
import type { JsonObject, JsonValue } from '../engine/json.js';
import type { NodeContext, NodeOutput, NodeResult } from '../engine/ports.js';
import { testEnvironment } from '../engine/testing/test-environment.js';
import { NodeRegistry } from './node-registry.js';

const registry = new NodeRegistry();

/** Puts expressions in, checks the config as a document and as it is then, and runs the node in one turn. */
function run(type: string, config: JsonObject, given: Partial<NodeContext> = {}): NodeResult {
  const nodeType = registry.get(type);
  if (!nodeType) throw new Error(`No type ${type}`);
  expect(registry.checkConfig(nodeType, config)).toEqual([]);
  const { inputs = {}, variables = {}, trigger = {} } = given;
  const scope = { inputs, variables, trigger, nodes: {}, execution: {} };
  const resolved = compileTemplate(config, nodeType.configSchema).resolve(scope, testEnvironment());
  if (resolved instanceof Promise) throw new Error('The config needed a promise');
  expect(registry.checkResolvedConfig(nodeType, resolved as JsonObject)).toEqual([]);
  const result = nodeType.execute(nodeContext(resolved as JsonObject, given));
  if (result instanceof Promise) throw new Error('A pure node gave a promise');
  return result;
}

const outputs = (result: NodeResult): JsonValue => (result as NodeOutput).outputs;

function failure(act: () => unknown): NodeError {
  try {
    act();
  } catch (error) {
    if (error instanceof NodeError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}

describe('input', () => {
  it('gives the data of the trigger', () => {
    expect(outputs(run('input', {}, { trigger: { type: 'api', data: { a: 1 } } }))).toEqual({ a: 1 });
    expect(outputs(run('input', {}, { trigger: { type: 'api', data: [1, 2] } }))).toEqual([1, 2]);
    expect(outputs(run('input', {}, { trigger: { type: 'api' } }))).toEqual({});
  });

  it('takes data for what the trigger does not give', () => {
    expect(outputs(run('input', { data: { a: 1, b: { c: 2 } } }, { trigger: { data: { b: 3, d: 4 } } }))).toEqual({
      a: 1,
      b: 3,
      d: 4,
    });
    expect(outputs(run('input', { data: 'text' }, { trigger: {} }))).toBe('text');
  });

  it('refuses data that does not fit its schema with INPUT_INVALID', () => {
    const schema = {
      $id: 'https://json-schema.org/draft/2020-12/schema',
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        total: { type: 'number', minimum: 0 },
        mail: { type: 'string', format: 'email' },
        code: { type: 'string', pattern: '^(a+)+$' },
      },
      required: ['total'],
    };
    expect(outputs(run('input', { schema }, { trigger: { data: { total: 1, mail: 'a@b.cd' } } }))).toEqual({
      total: 1,
      mail: 'a@b.cd',
    });
    const error = failure(() => run('input', { schema }, { trigger: { data: { total: -1 } } }));
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      effect: 'none',
      details: { problems: [{ field: 'total', message: 'must be >= 0' }] },
    });
    expect(failure(() => run('input', { schema }, { trigger: { data: {} } })).details).toEqual({
      problems: [{ field: 'total', message: 'is required' }],
    });
    const evil = { total: 1, code: `${'a'.repeat(50_000)}!` };
    expect(failure(() => run('input', { schema }, { trigger: { data: evil } })).code).toBe('INPUT_INVALID');
  });

  it('tells data that is too deep for a recursive schema instead of ending the stack', () => {
    const schema = { $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } }, $ref: '#/$defs/tree' };
    let data: JsonValue = [];
    for (let level = 0; level < 200_000; level++) data = [data];
    expect(failure(() => run('input', { schema }, { trigger: { data } })).code).toBe('INPUT_INVALID');
  });
});

describe('output', () => {
  it('gives its value, without one its inputs', () => {
    expect(outputs(run('output', { value: '{{ inputs.a }}' }, { inputs: { a: [1], b: 2 } }))).toEqual([1]);
    expect(outputs(run('output', {}, { inputs: { a: 1 } }))).toEqual({ a: 1 });
    expect(outputs(run('output', { value: null }, { inputs: { a: 1 } }))).toBeNull();
  });
});

describe('transform', () => {
  it('gives what the expressions of output make, also by the alias process', () => {
    expect(
      outputs(
        run(
          'transform',
          { output: { sum: '{{ inputs.a + inputs.b }}', fixed: [1, null] } },
          { inputs: { a: 1, b: 2 } },
        ),
      ),
    ).toEqual({
      sum: 3,
      fixed: [1, null],
    });
    expect(outputs(run('process', { output: '{{ inputs.a }}' }, { inputs: { a: 'text' } }))).toBe('text');
    expect(outputs(run('transform', {}))).toEqual({});
  });
});

describe('set-variables', () => {
  it('gives its variables and sets them', () => {
    const variables = { count: 2, name: 'Ada' };
    expect(
      run(
        'set-variables',
        { variables: { count: '{{ variables.count + 1 }}', name: 'Ada' } },
        { variables: { count: 1 } },
      ),
    ).toEqual({
      outputs: variables,
      variables,
    });
  });
});

describe('condition', () => {
  it.each([
    ['inputs.total > 100', 'true'],
    ['{{ inputs.total < 100 }}', 'false'],
    ['inputs.missing', 'false'],
    ['inputs.list', 'true'],
    ['inputs.empty', 'false'],
    ['"false"', 'true'],
  ])('of the expression %s goes on at the port %s and says so in result', (expression, port) => {
    const result = run('condition', { expression }, { inputs: { total: 101, list: [0, 1], empty: {} } });
    expect(result).toEqual({ outputs: { result: port === 'true' }, port });
  });
});

describe('switch', () => {
  const cases = [
    { port: 'small', when: 'inputs.total < 10' },
    { port: 'exact', equals: { a: [1] } },
    { port: 'text', equals: '{{ inputs.wanted }}' },
  ];

  it('gives value and port of the first of cases that fits: cases.port by cases.equals or cases.when', () => {
    expect(run('switch', { value: 'x', cases }, { inputs: { total: 1, wanted: 'x' } })).toEqual({
      outputs: { value: 'x', port: 'small' },
      port: 'small',
    });
    expect(run('switch', { value: { a: [1] }, cases }, { inputs: { total: 10 } })).toMatchObject({ port: 'exact' });
    expect(
      run('switch', { value: '{{ inputs.wanted }}', cases }, { inputs: { total: 10, wanted: 'x' } }),
    ).toMatchObject({ port: 'text' });
  });

  it('compares value with cases.equals in depth and by type, and takes nothing for null', () => {
    const of = (value: JsonValue, equals: JsonValue) =>
      run('switch', { value, cases: [{ port: 'fits', equals }] }) as NodeOutput;
    expect(of({ a: [1], b: 2 }, { b: 2, a: [1] }).port).toBe('fits');
    expect(of([1, 2], [2, 1]).port).toBeUndefined();
    expect(of('1', 1).port).toBeUndefined();
    expect(of('{{ inputs.nothing }}', '{{ inputs.nothing }}')).toEqual({
      outputs: { value: null, port: 'fits' },
      port: 'fits',
    });
    expect(of('{{ inputs.nothing }}', null).port).toBe('fits');
    expect(of('{{ inputs.nothing }}', false).port).toBeUndefined();
  });

  it('takes a cases.when that gives nothing for false', () => {
    expect(run('switch', { cases: [{ port: 'a', when: 'inputs.nothing' }] })).toEqual({
      outputs: { value: null, port: null },
    });
  });

  it('goes on at the port default, or at none', () => {
    expect(run('switch', { value: 1, cases, default: 'other' }, { inputs: { total: 10 } })).toEqual({
      outputs: { value: 1, port: 'other' },
      port: 'other',
    });
    expect(run('switch', { value: 1, cases }, { inputs: { total: 10 } })).toEqual({
      outputs: { value: 1, port: null },
    });
  });

  it('names its ports by its config', () => {
    const ports = registry.get('switch')?.ports;
    expect(
      typeof ports === 'function' && ports({ cases: [...cases, { port: 'small', equals: 1 }], default: 'other' }),
    ).toEqual(['small', 'exact', 'text', 'other']);
    expect(typeof ports === 'function' && ports({ cases: '{{ inputs.cases }}' })).toEqual([]);
  });
});

describe('delay', () => {
  const startTime = 1_700_000_000_000;

  it('waits for its duration or until its time', () => {
    expect(run('delay', { duration: '{{ inputs.ms }}' }, { inputs: { ms: 1500 }, startTime })).toEqual({
      wait: { for: 'delay', until: startTime + 1500 },
    });
    expect(run('delay', { until: '2023-11-14T22:13:25Z' }, { startTime })).toEqual({
      wait: { for: 'delay', until: startTime + 5000 },
    });
  });

  it('does not wait for a time that has passed', () => {
    expect(outputs(run('delay', { until: '2020-01-01T00:00:00+01:00' }, { startTime }))).toEqual({ waited: 0 });
    expect(outputs(run('delay', { duration: 0 }, { startTime }))).toEqual({ waited: 0 });
  });

  it('gives in waited how long it has waited', () => {
    expect(registry.get('delay')?.completeWait?.({ since: startTime, until: startTime + 1500 })).toEqual({
      outputs: { waited: 1500 },
    });
  });
});

describe('log', () => {
  it('writes message at level with data into the log, and lets its inputs through', () => {
    const context = nodeContext({ message: 'Total 5', level: 'warn', data: { a: 1 } }, { inputs: { b: 2 } });
    expect(registry.get('log')?.execute(context)).toEqual({ outputs: { b: 2 } });
    expect(context.lines).toEqual([{ level: 'warn', message: 'Total 5', data: { a: 1 } }]);
  });

  it('writes a message that is no text as JSON, at level info', () => {
    const context = nodeContext({ message: { a: [1] } });
    void registry.get('log')?.execute(context);
    expect(context.lines).toEqual([{ level: 'info', message: '{"a":[1]}', data: undefined }]);
  });
});

describe('fail', () => {
  it('fails with its message and code, else FAILED', () => {
    expect(
      failure(() =>
        run('fail', { message: 'No {{ inputs.what }}', code: 'OUT_OF_STOCK' }, { inputs: { what: 'tea' } }),
      ),
    ).toMatchObject({
      code: 'OUT_OF_STOCK',
      message: 'No tea',
    });
    expect(failure(() => run('fail', { message: 'x' }, { attempt: 99 })).code).toBe('FAILED');
  });

  it('fails its first attempts alone when it says how many, then gives attempt', () => {
    expect(failure(() => run('fail', { message: 'x', attempts: 2 }, { attempt: 2 })).code).toBe('FAILED');
    expect(outputs(run('fail', { message: 'x', attempts: 2 }, { attempt: 3 }))).toEqual({ attempt: 3 });
  });
});
