import fc from 'fast-check';
import { NodeError } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import { testEnvironment } from '../testing/test-environment.js';
import { compileTemplate, TemplateSyntaxError, type TemplateProblem } from './compile-template.js';
import type { ExpressionScope } from './expression.js';

const environment = testEnvironment();

const scope = (inputs: JsonObject): ExpressionScope => ({
  inputs,
  variables: { v: 'variable' },
  trigger: { type: 'api', data: { t: 1 } },
  nodes: { before: { total: 7 } },
  execution: { id: 'exec_1' },
});

const resolve = (template: JsonValue, inputs: JsonObject = {}, schema?: JsonObject) =>
  compileTemplate(template, schema).resolve(scope(inputs), environment);

function problems(template: JsonValue, schema?: JsonObject): TemplateProblem[] {
  try {
    compileTemplate(template, schema);
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return error.problems;
    throw error;
  }
  throw new Error('It compiled');
}

describe('compileTemplate', () => {
  it('keeps the type of one expression alone', () => {
    expect(resolve('{{ inputs.x }}', { x: 5 })).toBe(5);
    expect(resolve({ a: ['{{inputs.list}}', '{{ inputs.none }}'] }, { list: [1, { b: 2 }], none: null })).toEqual({
      a: [[1, { b: 2 }], null],
    });
    expect(resolve('{{ {"a": {"b": inputs.x}} }}', { x: 1 })).toEqual({ a: { b: 1 } });
  });

  it('puts results into a text', () => {
    const template =
      'n={{ inputs.n }} s={{ inputs.s }} o={{ inputs.o }} l={{ inputs.l }} b={{ inputs.b }} null={{ inputs.none }} gone={{ inputs.gone }}.';
    expect(resolve(template, { n: 1.5, s: 'text', o: { a: 'b' }, l: [1, 'x'], b: true, none: null })).toBe(
      'n=1.5 s=text o={"a":"b"} l=[1,"x"] b=true null=null gone=.',
    );
    expect(resolve(' {{ inputs.n }}', { n: 1 })).toBe(' 1');
  });

  it('leaves out the key of an expression that gives nothing, and puts null into a list', () => {
    expect(resolve({ a: '{{ inputs.gone }}', b: ['{{ inputs.gone }}', 1], c: { d: '{{ inputs.gone }}' } })).toEqual({
      b: [null, 1],
      c: {},
    });
    expect(resolve('{{ inputs.gone }}')).toBeNull();
  });

  it('keeps the order of the keys', async () => {
    const result = await resolve({ z: '{{ $string(1) }}', a: '{{ inputs.x }}', m: 1, b: '{{ inputs.x }}' }, { x: 2 });
    expect(JSON.stringify(result)).toBe('{"z":"1","a":2,"m":1,"b":2}');
  });

  it('writes a literal {{ as an expression', () => {
    expect(resolve('{{ "{{" }}')).toBe('{{');
    expect(resolve('a {{ "{{" }} b }} c')).toBe('a {{ b }} c');
  });

  it('reads inputs, variables, trigger, nodes and execution', () => {
    expect(resolve(['{{variables.v}}', '{{trigger.data.t}}', '{{nodes.before.total}}', '{{execution.id}}'])).toEqual([
      'variable',
      1,
      7,
      'exec_1',
    ]);
  });

  it('resolves without a promise as long as no expression needs one', async () => {
    expect(resolve({ a: '{{ inputs.x }}', b: 'x {{ inputs.x + 1 }}' }, { x: 1 })).toEqual({ a: 1, b: 'x 2' });
    const later = resolve({ a: '{{ inputs.x }}', b: '{{ $sum([1, inputs.x]) }}', c: '{{ inputs.x }}' }, { x: 1 });
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual({ a: 1, b: 2, c: 1 });
  });

  it('gives a template without expressions as it stands, frozen', () => {
    const value = { a: [1, { b: 'text }} here' }], c: null };
    const template = compileTemplate(value);
    expect(template.isStatic).toBe(true);
    const first = template.resolve(scope({}), environment);
    expect(first).toEqual(value);
    expect(template.resolve(scope({}), environment)).toBe(first);
    expect(Object.isFrozen((first as typeof value).a[1])).toBe(true);
    expect(Object.isFrozen(value)).toBe(false);
  });

  it('never reads again what comes out of data', async () => {
    const text = fc.oneof(
      fc.constantFrom('{{ inputs.secret }}', '{{', '}}', '{{ "x" }}', '{{ $error("read") }}'),
      fc.string(),
    );
    const templates: [JsonValue, (value: string) => JsonValue][] = [
      ['{{ inputs.x }}', (value) => value],
      [['{{ inputs.x }}'], (value) => [value]],
      [{ a: '{{ inputs.x }}{{ inputs.x }}' }, (value) => ({ a: value + value })],
      ['{{ $string(inputs.x) & inputs.x }}', (value) => value + value],
    ];
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...templates), async (x, [template, expected]) => {
        expect(await resolve(template, { x, secret: 'leaked' })).toEqual(expected(x));
      }),
    );
  });

  it('keeps any value without braces as it is', () => {
    const value = fc.jsonValue().filter((json) => !JSON.stringify(json).includes('{{'));
    fc.assert(
      fc.property(value, (json) => {
        expect(JSON.stringify(resolve(json as JsonValue))).toBe(JSON.stringify(json));
      }),
    );
  });

  it('keeps __proto__ as a key', () => {
    const template = JSON.parse('{"__proto__": "{{ inputs.x }}", "a": {"__proto__": {"b": 1}}}') as JsonObject;
    expect(JSON.stringify(resolve(template, { x: 1 }))).toBe('{"__proto__":1,"a":{"__proto__":{"b":1}}}');
  });

  it('collects the nodes that it reads', () => {
    const template = compileTemplate({ a: '{{ nodes.a.x }} {{ nodes.b }}', c: '{{ nodes.a.y }}' });
    expect([...template.references.ids].sort()).toEqual(['a', 'b']);
    expect(template.references.computed).toBe(false);
    expect(compileTemplate('{{ $keys(nodes) }}').references.computed).toBe(true);
  });

  it('tells all problems at once, with their places', () => {
    const found = problems({
      ok: '{{ inputs.x }}',
      a: ['{{ inputs. }}', 'x {{ y'],
      b: { c: '{{ $eval("1") }}', d: '{{}}' },
    });
    expect(found.map(({ path }) => path)).toEqual(['a.0', 'a.1', 'b.c', 'b.d']);
    expect(found[1]?.message).toContain('no closing }}');
  });

  it('refuses what is nested too deep instead of ending the stack', () => {
    let deep: JsonValue = '{{ inputs.x }}';
    for (let level = 0; level < 100_000; level++) deep = level % 2 ? [deep] : { a: deep };
    expect(problems(deep)[0]?.message).toContain('nested deeper');
    expect(() => compileTemplate(deep, { 'x-template': false }).resolve(scope({}), environment)).not.toThrow();
  });

  it('fails with the error of the expression', async () => {
    expect(() => resolve({ a: '{{ inputs.x / 0 }}' }, { x: 1 })).toThrow(NodeError);
    await expect(resolve({ a: '{{ $error("no") }}' })).rejects.toMatchObject({ code: 'EXPRESSION_ERROR' });
    await expect(resolve({ a: '{{ $string(1) }}', b: '{{ inputs.x / 0 }}' }, { x: 1 })).rejects.toMatchObject({
      code: 'EXPRESSION_ERROR',
    });
  });

  it('ends when a text becomes too long', () => {
    const template = '{{ inputs.x }}'.repeat(20);
    expect(() => resolve(template, { x: 'a'.repeat(1_000_000) })).toThrow('longer than 10 MiB');
  });
});

describe('a schema', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: {
      expression: { type: 'string', format: 'expression' },
      raw: { 'x-template': false },
      cases: {
        type: 'array',
        items: { type: 'object', properties: { when: { type: 'string', format: 'expression' } } },
      },
      either: { anyOf: [{ type: 'number' }, { properties: { code: { 'x-template': false } } }] },
      pair: { prefixItems: [{ format: 'expression' }], items: { 'x-template': false } },
    },
    additionalProperties: { properties: { script: { 'x-template': false } } },
  };

  it('makes a text an expression as a whole, with or without braces', () => {
    expect(resolve({ expression: 'inputs.x > 1' }, { x: 2 }, schema)).toEqual({ expression: true });
    expect(resolve({ expression: '{{ inputs.x > 1 }}' }, { x: 1 }, schema)).toEqual({ expression: false });
    expect(resolve({ cases: [{ when: 'inputs.gone', port: 'a' }, { when: 'inputs.x' }] }, { x: 1 }, schema)).toEqual({
      cases: [{ when: null, port: 'a' }, { when: 1 }],
    });
    expect(problems({ expression: 'inputs.' }, schema)[0]?.path).toBe('expression');
  });

  it('takes fields as they are where it says so', () => {
    const value = {
      raw: { a: '{{ not. an expression' },
      either: { code: '{{ x' },
      other: { script: '{{' },
      pair: ['1 + 1', '{{'],
    };
    expect(resolve(value, {}, schema)).toEqual({ ...value, pair: [2, '{{'] });
  });
});
