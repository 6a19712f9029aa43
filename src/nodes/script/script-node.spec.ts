import { nodeContext } from '../../../test/support/node-context.js';
import { ScriptRunner } from '../../../test/support/script-runner.js';
import { NodeRegistry } from '../node-registry.js';

const runner = new ScriptRunner();
const registry = new NodeRegistry([runner.node]);

const value: ScriptRunner['value'] = (...of) => runner.value(...of);
const failure: ScriptRunner['failure'] = (...of) => runner.failure(...of);

afterAll(() => runner.close());

describe('the code of a script node', () => {
  it('is the body of a function of inputs, variables and trigger', async () => {
    const given = { inputs: { price: 2, items: [1, 2] }, variables: { rate: 3 }, trigger: { data: { x: 'y' } } };
    const code =
      'const sum = inputs.price * variables.rate;\nreturn { sum, x: trigger.data.x, n: inputs.items.length };';
    expect(await value(code, {}, given)).toEqual({ sum: 6, x: 'y', n: 2 });
    expect(await value('return [arguments.length, arguments[1].rate, eval("trig" + "ger.data.x")]', {}, given)).toEqual(
      [3, 3, 'y'],
    );
    expect(await value('return [typeof variabl\\u0065s.rate, typeof trigger]', {}, given)).toEqual([
      'number',
      'object',
    ]);
  });

  it('works on copies', async () => {
    const inputs = { list: [1] };
    expect(await value('inputs.list.push(2); return inputs.list', {}, { inputs })).toEqual([1, 2]);
    expect(inputs).toEqual({ list: [1] });
  });

  it.each([
    ['return 5', 5],
    ['return "text"', 'text'],
    ['return null', null],
    ['return [1, undefined]', [1, null]],
    ['', {}],
    ['return undefined', {}],
    ['return () => 1', {}],
    ['return { d: new Date(0), f() {}, u: undefined, s: Symbol() }', { d: '1970-01-01T00:00:00.000Z' }],
    ['return { n: NaN, i: -Infinity, z: -0 }', { n: null, i: null, z: 0 }],
    ['return new Map([[1, 2]])', {}],
    ['return { toJSON() { return 7 } }', 7],
    ['return "a\\u0000b\\ud800 \\udc00é€😀"', 'a\u0000b\ud800 \udc00é€😀'],
    ['return "é€😀".length', 4],
    ['return Promise.resolve({ a: 1 })', { a: 1 }],
    ['const a = await Promise.resolve(1); return a + (await 2)', 3],
    ['return { then(resolve) { resolve(4) } }', 4],
    ['return new Promise((resolve) => Promise.resolve().then(() => resolve("later")))', 'later'],
    ['for await (const x of (async function* () { yield 1; yield 2; })()) if (x === 2) return x', 2],
    ['// the end is a comment', {}],
    ['return "{{ inputs.x }}"', '{{ inputs.x }}'],
  ])('%s gives %j', async (code, expected) => {
    expect(await value(code)).toEqual(expected);
  });

  it('takes what JSON can say, as it is', async () => {
    const inputs = JSON.parse(
      '{"__proto__":{"p":1},"constructor":2,"s":"\\u0000\\ud800","deep":[[[{"":null}]]],"n":1e21}',
    ) as {
      [key: string]: never;
    };
    const back = await value('return inputs', {}, { inputs });
    expect(back).toEqual(inputs);
    expect(Object.keys(back as object)).toContain('__proto__');
    expect(await value('return [inputs.p, Object.keys(inputs).length]', {}, { inputs })).toEqual([null, 5]);
  });

  it('gives back megabytes, up to 10 MiB', async () => {
    const text = 'x'.repeat(4 * 1024 * 1024);
    expect(
      await value('return inputs.text + inputs.text', { timeout: 10_000, memoryLimit: 128 }, { inputs: { text } }),
    ).toHaveLength(2 * text.length);
    const code = 'return "x".repeat(10 * 1024 * 1024)';
    expect(await failure(code, { timeout: 10_000, memoryLimit: 128 })).toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
  });
});

describe('time and randomness', () => {
  const given = { startTime: Date.UTC(2024, 6, 1, 12, 30), idempotencyKey: 'rt_one' };

  it('stand still at the start of the attempt, in UTC', async () => {
    const code = `const first = Date.now();
      for (let i = 0; i < 1e5; i++);
      return [first, Date.now(), new Date(), new Date().getHours(), new Date().getTimezoneOffset(), Date(),
        new Date(2024, 0, 1).toISOString(), Date.parse('2024-01-01 10:00')]`;
    expect(await value(code, {}, given)).toEqual([
      given.startTime,
      given.startTime,
      '2024-07-01T12:30:00.000Z',
      12,
      0,
      'Mon Jul 01 2024 12:30:00 GMT+0000',
      '2024-01-01T00:00:00.000Z',
      Date.UTC(2024, 0, 1, 10),
    ]);
  });

  it('are the same for each attempt of a run, and others for another run', async () => {
    const code = 'return Array.from({ length: 50 }, () => Math.random())';
    const first = (await value(code, {}, given)) as number[];
    expect(await value(code, {}, { ...given, startTime: 5 })).toEqual(first);
    expect(await value(code, {}, { ...given, idempotencyKey: 'rt_two' })).not.toEqual(first);
    expect(new Set(first).size).toBe(50);
    expect(first.every((drawn) => drawn >= 0 && drawn < 1)).toBe(true);
  });

  it.each([
    ['return Math.random()', true],
    ['return Date.now()', true],
    ['return new Date()', true],
    ['return Date()', true],
    ['return new Date(0)', false],
    ['return Date.UTC(2024)', false],
    ['return inputs', false],
  ])('%s: the outputs are volatile: %s', async (code, volatile) => {
    expect(await runner.run(code)).toMatchObject({ volatile });
  });
});

describe('what a script reads', () => {
  const readsOf = (code: string) => {
    const { reads } = runner.node;
    return typeof reads === 'function' ? reads({ code }) : reads;
  };

  it.each([
    ['return inputs.a', []],
    ['return variables.a', ['variables']],
    ['return trigger.data', ['trigger']],
    ['return trigger.data + variables.x', ['variables', 'trigger']],
    ['return arguments[1]', ['variables', 'trigger']],
    ['return eval("vari" + "ables")', ['variables', 'trigger']],
    ['return tr\\u0069gger', ['variables', 'trigger']],
  ])('%s: %j beside its inputs', (code, expected) => {
    expect(readsOf(code)).toEqual(expected);
  });

  it('is all that it is given', async () => {
    const given = { inputs: { a: 1 }, variables: { v: 1 }, trigger: { t: 1 } };
    expect(await value('return new Function("return typeof " + "var" + "iables")()', {}, given)).toBe('undefined');
    expect(await value('return variables', {}, given)).toEqual({ v: 1 });
  });
});

describe('a script node that fails', () => {
  it.each([
    ['throw new Error("no stock")', 'no stock', { name: 'Error', line: 1, column: 16 }],
    [
      '\n\n  inputs.a.b',
      "TypeError: cannot read property 'b' of undefined",
      { name: 'TypeError', line: 3, column: 11 },
    ],
    ['await Promise.reject(new RangeError("far"))', 'RangeError: far', { name: 'RangeError', line: 1 }],
    ['throw "a text"', 'a text', undefined],
    ['throw { a: 1 }', '{"a":1}', undefined],
    ['throw null', 'null', undefined],
    ['throw undefined', 'undefined', undefined],
    ['nothing()', "ReferenceError: 'nothing' is not defined", { name: 'ReferenceError', line: 1 }],
    ['return new Promise(() => {})', 'The promise that the script waits for is never settled', undefined],
  ])('SCRIPT_ERROR of %j: %s', async (code, message, details) => {
    const error = await failure(code);
    expect(error).toMatchObject({ code: 'SCRIPT_ERROR', message });
    if (details) expect(error.details).toMatchObject(details);
    else expect(error.details).toBeUndefined();
  });

  it.each([
    ['const a = {}; a.a = a; return a', /circular/],
    ['return 10n', /BigInt/],
    ['return { get x() { throw new Error("inside") } }', /inside/],
    ['return { toJSON() { throw new Error("inside") } }', /inside/],
  ])('%s: JSON cannot hold it', async (code, why) => {
    const error = await failure(code);
    expect(error.code).toBe('SCRIPT_ERROR');
    expect(error.message).toMatch(/^JSON cannot hold what the script returned: /);
    expect(error.message).toMatch(why);
  });

  it('says where it does not parse', async () => {
    const error = await failure('const a = 1;\nreturn a +* 2;');
    expect(error).toMatchObject({ code: 'SCRIPT_ERROR', details: { name: 'SyntaxError', line: 2 } });
    expect(error.message).toMatch(/^SyntaxError: .* \(line 2\)$/);
  });

  it('ends at its timeout with TIMEOUT, and says which', async () => {
    for (const code of ['while (true);', 'return /^(a+)+$/.test("a".repeat(60) + "b")', 'for (;;) await null']) {
      const error = await failure(code, { timeout: 60 });
      expect(error).toMatchObject({ code: 'TIMEOUT', message: 'The script took longer than 60 ms' });
    }
    expect((await failure('for (;;);')).message).toBe('The script took longer than 1000 ms');
  });

  it('ends at its timeout inside one built-in function too, with its thread', async () => {
    const error = await failure('return Array(2 ** 32 - 1).join("")', { timeout: 60 });
    expect(error).toMatchObject({ code: 'TIMEOUT', message: 'The script took longer than 60 ms' });
    expect(await value('return 1')).toBe(1);
  });

  it.each([
    ['objects', 'const all = []; for (;;) all.push({ a: 1 })'],
    ['lists', 'const all = []; for (;;) all.push(new Array(1000).fill(1))'],
    ['buffers', 'const all = []; for (;;) all.push(new Uint8Array(1 << 20))'],
    ['a map', 'const all = new Map(); for (let i = 0; ; i++) all.set(i, { i })'],
    ['depth', 'let all = []; for (;;) all = [all]'],
    ['texts', 'const all = []; for (let i = 0; ; i++) all.push("x".repeat(1e5) + i)'],
    ['promises', 'const f = () => Promise.resolve().then(f); await f()'],
    ['an answer', 'return new Array(2 ** 32 - 1)'],
  ])('ends at its memoryLimit with SCRIPT_MEMORY: %s', async (_what, code) => {
    const error = await failure(code, { timeout: 20_000, memoryLimit: 8 });
    expect(error).toMatchObject({ code: 'SCRIPT_MEMORY', message: 'The script needs more than its 8 MiB of memory' });
    expect(await value('return "alive"', { memoryLimit: 8 })).toBe('alive');
  });

  it('may catch that its memory is full', async () => {
    const code = 'let all = []; try { for (;;) all.push({ a: 1 }) } catch (error) { all = null; return String(error) }';
    expect(await value(code, { timeout: 20_000 })).toBe('InternalError: out of memory');
  });

  it('has the memory that memoryLimit gives it, else 32 MiB', async () => {
    const take = (count: number) =>
      `const all = []; for (let i = 0; i < ${count}; i++) all.push(new Uint8Array(1 << 20).fill(1)); return all.length`;
    expect(await value(take(28), { timeout: 20_000 })).toBe(28);
    expect(await failure(take(48), { timeout: 20_000 })).toMatchObject({ code: 'SCRIPT_MEMORY' });
    expect(await value(take(90), { timeout: 20_000, memoryLimit: 100 })).toBe(90);
  });

  it('is told when what it is given does not fit', async () => {
    const inputs = { text: 'x'.repeat(8 * 1024 * 1024) };
    const error = await failure('return 1', { memoryLimit: 1 }, { inputs });
    expect(error.code).toBe('SCRIPT_MEMORY');
    expect(error.message).toMatch(/what it is given/);
  });

  it('ends deep recursion with an error that it can catch', async () => {
    expect(await failure('const f = () => f() + 1; return f()')).toMatchObject({
      code: 'SCRIPT_ERROR',
      message: 'InternalError: stack overflow',
    });
    expect(await value('const f = () => f() + 1; try { f() } catch (error) { return error.message }')).toBe(
      'stack overflow',
    );
  });
});

describe('the console of a script node', () => {
  it('goes to the log, also when the script fails', async () => {
    const context = nodeContext({
      code: `console.log('text', { a: 1 }, [undefined], 1n, new TypeError('t'), undefined, Symbol('s'));
        console.info('i'); console.warn('w'); console.debug('d'); console.error('e');
        throw new Error('in the end')`,
    });
    await expect(runner.runIn(context)).rejects.toThrow('in the end');
    expect(context.lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'text {"a":1} [null] 1 TypeError: t undefined Symbol(s)'],
      ['info', 'i'],
      ['warn', 'w'],
      ['debug', 'd'],
      ['error', 'e'],
    ]);
  });

  it('is told of what an endless script said', async () => {
    const context = nodeContext({ code: 'console.log("before"); for (;;);', timeout: 50 });
    await expect(runner.runIn(context)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(context.lines).toMatchObject([{ level: 'info', message: 'before' }]);
  });

  it.each([
    ['100 lines', 'for (let i = 0; i < 1000; i++) console.log(i)', 101],
    ['16 Ki characters', 'for (let i = 0; i < 10; i++) console.log("x".repeat(10000))', 3],
  ])('takes %s and says that there were more', async (_what, code, expected) => {
    const context = nodeContext({ code });
    await runner.runIn(context);
    expect(context.lines).toHaveLength(expected);
    expect(context.lines.at(-1)).toMatchObject({ level: 'warn', message: 'The console takes no more of this script' });
    expect(context.lines.reduce((sum, { message }) => sum + message.length, 0)).toBeLessThan(17_000);
  });
});

describe('the config of a script node', () => {
  const problems = (config: { [key: string]: never } | object) => registry.checkConfig(runner.node, config as never);

  it('needs code; timeout and memoryLimit have bounds', () => {
    expect(problems({})).toEqual([{ path: 'code', message: 'is required' }]);
    expect(problems({ code: 'return {{ 1 }}' })).toHaveLength(1);
    expect(problems({ code: 'return "{{ x }}"', timeout: '{{ variables.t }}', memoryLimit: 64 })).toEqual([]);
    expect(problems({ code: 1 })).toMatchObject([{ path: 'code' }]);
    for (const wrong of [
      { timeout: 0 },
      { timeout: 300_001 },
      { timeout: 1.5 },
      { memoryLimit: 0 },
      { memoryLimit: 513 },
    ]) {
      expect(problems({ code: '', ...wrong })).toMatchObject([{ path: Object.keys(wrong)[0] }]);
    }
  });

  it.each([
    ['const a = 1;\nreturn a +* 2;', 'does not parse (line 2): '],
    ['import fs from "fs"', 'does not parse (line 1): '],
    ['return 1 +', 'does not parse (line 1): '],
    ['}); globalThis.stolen = 1; (function () {', 'does not parse (line 1): '],
    ['['.repeat(200_000), 'is nested too deeply'],
  ])('code that does not parse is told with its line (%#)', (code, message) => {
    const [problem, ...others] = problems({ code });
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path: 'code', message: expect.stringContaining(message) as string });
  });

  it('code is parsed without being run', () => {
    problems({ code: '} globalThis.stolen = 1; {' });
    problems({ code: '}\nglobalThis.stolen = 1;\nasync function more() {' });
    problems({ code: '} class A { static { globalThis.stolen = 1 } } {' });
    expect(globalThis).not.toHaveProperty('stolen');
  });
});
