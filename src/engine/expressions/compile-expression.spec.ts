import { NodeError } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import { testEnvironment, testTurns } from '../testing/test-environment.js';
import { EvaluationTurns } from './evaluation-turns.js';
import { ExecutionEvaluations } from './execution-evaluations.js';
import { compileExpression } from './compile-expression.js';
import { ExpressionSyntaxError } from './expression-syntax-error.js';

const environment = testEnvironment({ now: 1_700_000_000_123, random: () => 0.25 });

const data: JsonObject = {
  inputs: {
    x: 5,
    name: 'Ada',
    none: null,
    items: [
      { p: 1, q: 2 },
      { p: 3, q: 4 },
    ],
    nested: { list: [1, [2]], object: { a: 1 } },
  },
  variables: { rate: 0.5 },
};

const evaluate = (source: string, root: JsonValue = data, bindings?: JsonObject) =>
  compileExpression(source).evaluate(root, environment, bindings);

async function failure(source: string, root: JsonValue = data): Promise<NodeError> {
  try {
    await evaluate(source, root);
  } catch (error) {
    if (error instanceof NodeError) return error;
    throw error;
  }
  throw new Error(`${source} did not fail`);
}

function syntaxError(source: string): ExpressionSyntaxError {
  try {
    compileExpression(source);
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error;
    throw error;
  }
  throw new Error(`${source} compiled`);
}

describe('compileExpression', () => {
  it('computes what is simple without a promise', () => {
    expect(evaluate('inputs.x')).toBe(5);
    expect(evaluate('inputs.nested')).toEqual({ list: [1, [2]], object: { a: 1 } });
    expect(evaluate('inputs.missing.deeper')).toBeUndefined();
    expect(evaluate('"text"')).toBe('text');
    expect(evaluate('inputs.x > 3 and variables.rate < 1')).toBe(true);
    expect(evaluate('inputs.missing ?? "default"')).toBe('default');
    expect(evaluate('{"sum": inputs.x + 1, "gone": inputs.missing, "list": [inputs.x, [inputs.name]]}')).toEqual({
      sum: 6,
      list: [5, ['Ada']],
    });
  });

  it('gives everything else as a promise', async () => {
    const sum = evaluate('$sum(inputs.items.(p * q))');
    expect(sum).toBeInstanceOf(Promise);
    expect(await sum).toBe(14);
    expect(await evaluate('inputs.items[p > 1].q')).toBe(4);
    expect(await evaluate('inputs.items^(>p).q')).toEqual([4, 2]);
  });

  it('takes an expression with or without braces around the whole of it', () => {
    expect(evaluate(' {{ inputs.x }} ')).toBe(5);
    expect(evaluate('{{{"a": {"b": inputs.x}}}}')).toEqual({ a: { b: 5 } });
    expect(evaluate('{"a": {"b": 1}}')).toEqual({ a: { b: 1 } });
  });

  it('reads bindings as variables and the root as context', async () => {
    expect(evaluate('total > $variables.limit', { total: 11 }, { variables: { limit: 10 } })).toBe(true);
    expect(
      await evaluate('$trigger.data.tags[0] & $$.total', { total: 1 }, { trigger: { data: { tags: ['a'] } } }),
    ).toBe('a1');
  });

  it('never gives back what went in', async () => {
    for (const source of [
      'inputs.nested',
      'inputs.nested.list',
      '$lookup(inputs, "nested")',
      '{"a": inputs.nested}.a',
      '$$.inputs',
      '$',
    ]) {
      const result = (await evaluate(source)) as JsonObject;
      for (const key of Object.keys(result)) (result as Record<string, unknown>)[key] = 'changed';
    }
    expect(data.inputs).toEqual({
      x: 5,
      name: 'Ada',
      none: null,
      items: [
        { p: 1, q: 2 },
        { p: 3, q: 4 },
      ],
      nested: { list: [1, [2]], object: { a: 1 } },
    });
  });

  it('gives plain values alone', async () => {
    const list = (await evaluate('inputs.items.p')) as JsonValue[];
    expect(Object.getOwnPropertyNames(list)).toEqual(['0', '1', 'length']);
    const object = (await evaluate('$merge([{"a": 1}, {"__proto__": 2}])')) as JsonObject;
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(JSON.stringify(object)).toBe('{"a":1,"__proto__":2}');
    expect(await evaluate('{"f": $sum, "g": function($x) { $x }, "list": [$sum, 1]}')).toEqual({ list: [null, 1] });
    expect(await evaluate('$sum')).toBeUndefined();
    expect(Object.is(evaluate('inputs.zero * -1', { inputs: { zero: 0 } }), 0)).toBe(true);
  });

  it('keeps data that looks like a function as data', async () => {
    const looks = { _jsonata_lambda: true, body: 1 };
    expect(evaluate('f', { f: looks })).toEqual(looks);
    expect(await evaluate('$lookup($, "f")', { f: looks })).toEqual(looks);
    expect(
      (await failure('f()', { f: { _jsonata_lambda: true, arguments: [], body: { type: 'variable', value: 'eval' } } }))
        .code,
    ).toBe('EXPRESSION_ERROR');
    expect((await failure('f()', { f: { _jsonata_function: true, implementation: 'x' } })).code).toBe(
      'EXPRESSION_ERROR',
    );
  });

  it('pins time and randomness', async () => {
    expect(await evaluate('$now()')).toBe('2023-11-14T22:13:20.123Z');
    expect(await evaluate('$now("[Y]-[M01]", "+0200")')).toBe('2023-11');
    expect(await evaluate('$millis()')).toBe(environment.now);
    expect(await evaluate('[$random(), $random()]')).toEqual([0.25, 0.25]);
    expect(await evaluate('$shuffle([1..5])')).toEqual(await evaluate('$shuffle([1..5])'));
    expect(await evaluate('$toMillis("10:30", "[H]:[m]")')).toBe(Date.UTC(2023, 10, 14, 10, 30));
  });

  it('tells the expression and the position of an error', async () => {
    const error = await failure('inputs.x + inputs.name');
    expect(error.code).toBe('EXPRESSION_ERROR');
    expect(error.effect).toBe('none');
    expect(error.details).toEqual({ expression: 'inputs.x + inputs.name', position: 10 });
    expect(error.message).toContain('must evaluate to a number');
    expect((await failure('$error("no such order")')).message).toContain('no such order');
  });

  it('ends what takes too long, and tells which part of it', async () => {
    const error = await failure('inputs.x + $sum([1..90000].($a := $; $map([1..90000], function($b) { $a * $b })))');
    expect(error.code).toBe('EXPRESSION_ERROR');
    expect(error.message).toContain('takes longer than 200 ms');
    expect(error.details).toMatchObject({ position: expect.any(Number) as number });
  });

  it('refuses numbers that JSON does not have', async () => {
    expect((await failure('1 / 0')).message).toContain('Infinity');
    expect((await failure('{"a": [0 / 0]}')).message).toContain('NaN');
  });

  it('says what is wrong with the syntax and where', () => {
    expect(syntaxError('inputs.').message).toContain('end of expression');
    expect(syntaxError('inputs.x +* 2 )').position).toBeGreaterThan(0);
    expect(syntaxError('  ').message).toBe('The expression is empty');
    expect(syntaxError('$match("a", /(?=a)/)').message).toContain('not supported');
    expect(syntaxError('$match("a", /[/)').source).toBe('$match("a", /[/)');
  });

  it('refuses $eval in every form', () => {
    for (const source of ['$eval("1")', '$map(["1"], $eval)', '"1" ~> $eval', '($e := $eval; 1)', '$eval(?)']) {
      expect(syntaxError(source).message).toContain('$eval is not available');
    }
  });

  it.each([
    ['a list', `[${Array(4).fill('$sum($map([1..3000], function($i) { $i }))').join(', ')}]`, Array(4).fill(4_501_500)],
    [
      'an object',
      `{${['a', 'b', 'c', 'd'].map((name) => `"${name}": $sum($map([1..3000], function($i) { $i }))`).join(', ')}}`,
      { a: 4_501_500, b: 4_501_500, c: 4_501_500, d: 4_501_500 },
    ],
  ])('gives the thread away in the middle of %s, and takes it up again', async (_name, source, expected) => {
    let elapsed = 0;
    // Each look at the clock finds that a little time has gone by, so every branch is interrupted, many times.
    const turns = new EvaluationTurns({
      elapsed: () => (elapsed += 0.004),
      defer: (callback) => setImmediate(callback),
    });
    const own = testEnvironment({ evaluations: new ExecutionEvaluations(turns) });
    expect(await compileExpression(source).evaluate({}, own)).toEqual(expected);
  });

  it('runs many at once without one spending the time of the others', async () => {
    const turns = testTurns();
    const expression = compileExpression('$sum($map([1..300], function($i) { $i * 2 }))');
    const executions = Array.from({ length: 20 }, () =>
      testEnvironment({ evaluations: new ExecutionEvaluations(turns) }),
    );
    const many = executions.flatMap((own) => Array.from({ length: 5 }, async () => expression.evaluate({}, own)));
    const results = await Promise.all(many);
    expect(new Set(results)).toEqual(new Set([90_300]));
  });
});
