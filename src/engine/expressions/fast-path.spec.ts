import fc from 'fast-check';
import jsonata from 'jsonata';
import type { JsonObject, JsonValue } from '../json.js';
import { copyResult } from './copy-result.js';
import { compileFastPath, SLOW } from './fast-path.js';
import type { AstNode } from './jsonata-ast.js';

const NAMES = ['a', 'b', 'c', 'and', 'length', '__proto__', '_jsonata_lambda', 'x y'];
const name = fc.constantFrom(...NAMES);
const quoted = (text: string) => (/^[a-z]+$/.test(text) && text !== 'and' ? text : `\`${text}\``);

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, -1, 1.5, 0.1, 1e21, '', '0', 'a', 'text', '{{'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const { value: data } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.dictionary(name, tie('value'), { maxKeys: 4 }).map(ownKeys),
}));
const root = fc.oneof(
  { weight: 9, arbitrary: fc.dictionary(name, data, { minKeys: 1, maxKeys: 5 }).map(ownKeys) },
  { weight: 1, arbitrary: data },
);

function ownKeys(object: { [key: string]: JsonValue }): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}

const path = fc
  .tuple(
    fc.constantFrom('', '', '', '$.', '$$.', '$bound.', '$missing.'),
    fc.array(name, { minLength: 1, maxLength: 3 }),
  )
  .map(([start, names]) => start + names.map(quoted).join('.'));
const literal = fc.constantFrom('1', '0', '-2', '1.5', '"a"', '""', 'true', 'false', 'null', '$', '$bound');
const { source } = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { depthSize: 'small' },
    path,
    literal,
    fc
      .tuple(
        tie('source'),
        fc.constantFrom('+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', 'and', 'or', 'in', '??', '?:'),
        tie('source'),
      )
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    fc
      .tuple(tie('source'), tie('source'), tie('source'))
      .map(([test, then, otherwise]) => `(${test}) ? (${then}) : (${otherwise})`),
    fc.tuple(tie('source'), tie('source')).map(([test, then]) => `(${test}) ? (${then})`),
    fc.array(tie('source'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(tie('source'), { maxLength: 3 })
      .map((fields) => `{${fields.map((field, index) => `"k${index}": ${field}`).join(', ')}}`),
    tie('source').map((operand) => `-(${operand})`),
    fc
      .tuple(fc.constantFrom('exists', 'not', 'boolean'), tie('source'))
      .map(([called, argument]) => `$${called}(${argument})`),
  ),
}));

async function byJsonata(text: string, input: JsonValue, bindings: JsonObject): Promise<unknown> {
  try {
    return { value: copyResult(await jsonata(text).evaluate(input, bindings)) };
  } catch {
    return 'error';
  }
}

function byFastPath(text: string, input: JsonValue, bindings: JsonObject): unknown {
  const fast = compileFastPath(jsonata(text).ast() as AstNode);
  const value = fast ? fast(input, bindings) : SLOW;
  if (value === SLOW) return SLOW;
  try {
    return { value: copyResult(value) };
  } catch {
    return 'error';
  }
}

describe('compileFastPath', () => {
  it('gives what JSONata gives, or nothing, for random expressions and data', async () => {
    let fast = 0;
    await fc.assert(
      fc.asyncProperty(source, root, data, async (text, input, bound) => {
        const result = byFastPath(text, input, { bound });
        if (result === SLOW) return;
        fast += 1;
        expect(result).toEqual(await byJsonata(text, input, { bound }));
      }),
      { numRuns: 4000 },
    );
    expect(fast).toBeGreaterThan(1500);
  });

  it('leaves to JSONata what it does not know', () => {
    for (const text of [
      'a[0]',
      'a.*',
      '$sum(a)',
      'a.b[]',
      '($x := 1; $x)',
      'a^(b)',
      'a#$i',
      'function($x) { $x }',
      '[1..3]',
      '"a" ~> $length',
      'a{b: c}',
      '$not()',
      '{a: 1}',
      '{"k": 1, "k": 2}',
    ]) {
      expect(compileFastPath(jsonata(text).ast() as AstNode)).toBeUndefined();
    }
  });

  it('leaves to JSONata what is an error or maps over a list', () => {
    const input = { list: [{ a: 1 }], text: 'x' };
    for (const text of ['list.a', 'text + 1', 'text < 1', '-text', 'list = list', '1 / 0 + 1', 'list & ""']) {
      expect(byFastPath(text, input, {})).toBe(SLOW);
    }
  });

  it('leaves to JSONata whether there is something that looks like a function', () => {
    expect(byFastPath('$exists(f)', { f: { _jsonata_lambda: true } }, {})).toBe(SLOW);
    expect(byFastPath('$exists(f)', { f: [{ _jsonata_lambda: true }] }, {})).toEqual({ value: true });
  });
});
