import { compileTemplate } from '../engine/expressions/compile-template.js';
import type { JsonObject } from '../engine/json.js';
import type { NodeType } from '../engine/ports.js';
import { NodeRegistry } from './node-registry.js';

const registry = new NodeRegistry();

function typeOf(name: string): NodeType {
  const type = registry.get(name);
  if (!type) throw new Error(`No type ${name}`);
  return type;
}

const check = (type: string, config: JsonObject) => registry.checkConfig(typeOf(type), config);

const ownType = (configSchema: JsonObject, more: Partial<NodeType> = {}): NodeType => ({
  type: 'own',
  name: 'Own',
  category: 'own',
  description: '',
  version: '1.0.0',
  effect: 'pure',
  configSchema,
  execute: () => ({ outputs: {} }),
  ...more,
});

describe('the node registry', () => {
  it('finds types by name and alias', () => {
    expect(registry.get('process')).toBe(registry.get('transform'));
    expect(registry.get('http-request')).toBe(registry.get('external-api'));
    expect(registry.get('none')).toBeUndefined();
    expect(registry.get('__proto__')).toBeUndefined();
    expect(registry.list().map(({ type }) => type)).toEqual([
      'input',
      'output',
      'transform',
      'set-variables',
      'condition',
      'switch',
      'delay',
      'log',
      'fail',
      'external-api',
    ]);
  });

  it('can check the parameters of each of its types', () => {
    for (const type of registry.list()) expect(() => registry.checkConfig(type, {})).not.toThrow();
  });

  it('takes further types and refuses names that are taken and schemas that are wrong', () => {
    const own = new NodeRegistry();
    own.register(ownType({ type: 'object' }, { aliases: ['mine'] }));
    expect(own.get('mine')?.type).toBe('own');
    expect(() => own.register(ownType({}))).toThrow('There is a node type "own" already');
    expect(() => own.register(ownType({}, { type: 'x', aliases: ['log'] }))).toThrow('"log"');
    expect(() => own.register(ownType({}, { type: ' ' }))).toThrow('needs a name');
    expect(() => own.register(ownType({ type: 'no-type' }, { type: 'bad' }))).toThrow('Node type "bad"');
    expect(() => own.register(ownType({ properties: { a: { pattern: '(?=a)' } } }, { type: 'bad' }))).toThrow(
      'not supported',
    );
  });
});

describe('the check of a config', () => {
  it.each<[string, JsonObject, string, string]>([
    ['external-api', {}, 'url', 'is required'],
    ['external-api', { url: 'ftp://x' }, 'url', 'must match pattern'],
    ['external-api', { url: 'http://x', method: 'FETCH' }, 'method', 'must be one of "GET"'],
    ['external-api', { url: 'http://x', hedaers: {} }, 'hedaers', 'did you mean "headers"?'],
    ['external-api', { url: 'http://x', headers: { a: [] } }, 'headers.a', 'must be string'],
    ['external-api', { url: 'http://x', expect: [200, 20] }, 'expect.1', 'must be >= 100'],
    ['external-api', { url: 'http://x', timeout: 0 }, 'timeout', 'must be >= 1'],
    ['condition', {}, 'expression', 'is required'],
    ['condition', { expression: true }, 'expression', 'must be string'],
    ['switch', {}, 'cases', 'is required'],
    ['switch', { cases: [{ port: 'a' }] }, 'cases.0', 'exactly one of "equals" and "when"'],
    ['switch', { cases: [{ port: 'a', equals: 1, when: 'x' }] }, 'cases.0', 'exactly one of "equals" and "when"'],
    ['delay', {}, '', 'exactly one of "duration" and "until"'],
    ['delay', { duration: -1 }, 'duration', 'must be >= 0'],
    ['delay', { until: 'tomorrow' }, 'until', 'date-time'],
    ['delay', { duration: 1, until: '2030-01-01T00:00:00Z' }, '', 'exactly one of'],
    ['set-variables', { variables: [] }, 'variables', 'must be object'],
    ['log', { message: 'x', level: 'loud' }, 'level', 'must be one of "debug"'],
    ['log', {}, 'message', 'is required'],
    ['fail', { message: 'x', attempts: 1.5 }, 'attempts', 'must be integer'],
    ['input', { schema: { type: 'no-type' } }, 'schema', 'is no JSON Schema'],
    ['input', { schema: { $ref: 'https://example.com/schema' } }, 'schema', 'is no JSON Schema'],
    ['input', { schema: { pattern: '(a)\\1' } }, 'schema', 'not supported'],
    ['input', { schema: { 'a/b': 1, properties: { x: { minimum: 'low' } } } }, 'schema', 'properties.x.minimum'],
    ['transform', { output: 1, 'a/b~c': 1 }, 'a/b~c', 'is not known'],
  ])('%s %j: %s %s', (type, config, path, message) => {
    const problems = check(type, config);
    expect(problems).toEqual([{ path, message: expect.stringContaining(message) as string }]);
  });

  it('tells all problems at once', () => {
    expect(
      check('external-api', { method: 'x', timeout: 'x', other: true })
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['method', 'other', 'timeout', 'url']);
  });

  it('admits an expression for any value', () => {
    const anywhere = {
      url: '{{ inputs.url }}',
      method: '{{ inputs.m }}',
      timeout: '{{ 5 }}',
      headers: '{{ inputs.h }}',
      expect: ['{{ inputs.s }}'],
    };
    expect(check('external-api', anywhere)).toEqual([]);
    expect(check('delay', { duration: 'x{{ inputs.ms }}' })).toEqual([]);
    expect(check('switch', { cases: '{{ inputs.cases }}' })).toEqual([]);
    expect(check('external-api', { url: 'http://x', timeout: '5' })).toHaveLength(1);
  });

  it('admits no expression where a field is taken as it is', () => {
    expect(check('switch', { cases: [{ port: '{{ inputs.p }}', equals: 1 }] })).toEqual([]);
    expect(check('input', { schema: '{{ inputs.schema }}' })).toHaveLength(1);
    const schema = { const: '{{ this is no expression', properties: { '{{': { default: '{{ 1 +' } } };
    expect(check('input', { schema })).toEqual([]);
    expect(compileTemplate({ schema }, typeOf('input').configSchema).isStatic).toBe(true);
  });

  it('knows fields that are taken as they are behind references, patterns and choices too', () => {
    const code: JsonObject = { type: 'string', maxLength: 5, 'x-template': false };
    const schema: JsonObject = {
      $defs: { code, step: { type: 'object', properties: { code: { $ref: '#/$defs/code' }, n: { type: 'number' } } } },
      type: 'object',
      properties: {
        code: { $ref: '#/$defs/code' },
        steps: { type: 'array', items: { $ref: '#/$defs/step' } },
        choice: { oneOf: [code, { type: 'number' }] },
      },
      patternProperties: { '^code[0-9]+$': code },
    };
    const type = ownType(schema);
    const own = new NodeRegistry([type]);
    const text = '{{x}}';
    const config = { code: text, steps: [{ code: text, n: 1 }], choice: text, code7: text, other: '{{ 1 }}' };
    expect(own.checkConfig(type, config)).toEqual([]);
    const { isStatic } = compileTemplate({ ...config, other: 1 }, schema);
    expect(isStatic).toBe(true);
    expect(compileTemplate({ other: '{{ 1 }}' }, schema).isStatic).toBe(false);
    const long = own.checkConfig(type, { code: '{{ long }}', steps: [{ code: '{{ long }}' }], code7: '{{ long }}' });
    expect(long.map(({ path }) => path).sort()).toEqual(['code', 'code7', 'steps.0.code']);
  });

  it('refuses a template with advice where the schema says x-no-template, nested and in a compensation too', () => {
    const sql: JsonObject = { type: 'string', 'x-template': false, 'x-no-template': 'use params' };
    const statement: JsonObject = { type: 'object', properties: { sql, params: { type: 'array' } } };
    const statements: JsonObject = { type: 'array', items: statement, 'x-no-template': 'write them out' };
    const schema: JsonObject = { type: 'object', properties: { sql, params: { type: 'array' }, statements } };
    const type = ownType(schema, { rollbackSchema: schema });
    const own = new NodeRegistry([type]);
    const asked = { path: 'sql', message: 'must have no {{ in it: use params' };

    expect(own.checkConfig(type, { sql: 'select $1', params: '{{ inputs.p }}' })).toEqual([]);
    expect(own.checkConfig(type, { statements: [{ sql: 'select $1', params: ['{{ inputs.p }}'] }] })).toEqual([]);
    expect(own.checkConfig(type, { sql: "select '{{ inputs.x }}'" })).toEqual([asked]);
    expect(own.checkConfig(type, { sql: '{{ inputs.x }}' })).toEqual([asked]);
    const nested = { statements: [{ sql: 'select 1' }, { sql: 'select {{ inputs.x }}' }] };
    expect(own.checkConfig(type, nested)).toEqual([{ ...asked, path: 'statements.1.sql' }]);
    expect(own.checkConfig(type, { statements: '{{ inputs.all }}' }).map(({ message }) => message)).toContain(
      'must have no {{ in it: write them out',
    );
    expect(own.checkRollback(type, { sql: 'delete {{ outputs.id }}' })).toEqual([asked]);
    expect(own.checkRollback(type, nested)).toEqual([{ ...asked, path: 'statements.1.sql' }]);
    expect(own.checkResolvedConfig(type, { sql: 'select $1', params: ['{{ this is data }}'] })).toEqual([]);
  });

  it('checks again what the expressions gave', () => {
    const api = typeOf('external-api');
    expect(registry.checkResolvedConfig(api, { url: 'http://x', timeout: '5' })).toEqual([
      { path: 'timeout', message: 'must be integer' },
    ]);
    expect(registry.checkResolvedConfig(api, { url: '{{ still a text }}' })).toHaveLength(1);
    expect(registry.checkResolvedConfig(typeOf('condition'), { expression: { any: 'value' } })).toEqual([]);
    expect(
      registry.checkResolvedConfig(typeOf('switch'), { cases: [{ port: 'a', when: null }, { port: 'b' }] }),
    ).toEqual([]);
  });

  it('checks the parameters of a compensation', () => {
    const api = typeOf('external-api');
    expect(registry.checkRollback(api, { method: 'DELETE', url: 'http://x/{{ outputs.body.id }}' })).toEqual([]);
    expect(registry.checkRollback(api, { method: 'DELETE' })).toEqual([{ path: 'url', message: 'is required' }]);
    expect(registry.checkRollback(typeOf('log'), { anything: 1 })).toEqual([]);
  });

  it('ends for values that are deep or long', () => {
    const own = new NodeRegistry();
    const tree: JsonObject = {
      $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } },
      type: 'object',
      properties: { tree: { $ref: '#/$defs/tree' }, text: { pattern: '^(a|b)*$' } },
    };
    const type = ownType(tree);
    own.register(type);
    let deep: unknown = [];
    for (let level = 0; level < 200_000; level++) deep = [deep];
    expect(own.checkConfig(type, { tree: deep } as JsonObject)[0]?.message).toContain('too deeply');
    expect(own.checkConfig(type, { text: 'a'.repeat(9_000_000) })[0]?.message).toContain('too long');
    expect(own.checkConfig(type, { text: 'a'.repeat(1000) })).toEqual([]);
  });
});
