import { ScriptRunner } from '../../../test/support/script-runner.js';

/** Two seconds are promised; the rest is for machines that do other things at the same time. */
const SLACK_MS = 5000;

const runner = new ScriptRunner();

afterAll(() => runner.close());

/** What a script gave, or the code with which it failed. */
async function outcome(code: string, limits: { timeout?: number; memoryLimit?: number } = {}): Promise<unknown> {
  const inputs = { list: [1], nested: { a: 1 } };
  return runner.run(code, limits, { inputs, variables: { secret: 's' }, trigger: { data: {} } }).then(
    ({ outputs }) => outputs,
    (error: { code: string }) => error.code,
  );
}

/** Names of a host (Node or a browser), of QuickJS's own way out, and of threads. */
const HOST_NAMES = (
  'process require module exports Buffer window self document __dirname std os scriptArgs' +
  ' ' +
  'print load loadFile bjson Worker Atomics WebAssembly Deno Bun fetch XMLHttpRequest WebSocket' +
  ' ' +
  'navigator performance structuredClone queueMicrotask gc setTimeout setInterval setImmediate postMessage parentPort MessageChannel Intl' +
  ' ' +
  'crypto'
).split(' ');

/** Ways out: each gives what it gives in an empty world. */
const TRIES: [what: string, code: string, expected: unknown][] = [
  ['the names of a host', `return ${JSON.stringify(HOST_NAMES)}.filter((name) => name in globalThis)`, []],
  [
    'typeof of them',
    'return [typeof process, typeof require, typeof global, typeof fetch]',
    Array(4).fill('undefined'),
  ],
  ['this', 'return [this === globalThis, typeof this.process]', [true, 'undefined']],
  ['the constructor of a function', 'return (() => {}).constructor("return typeof process")()', 'undefined'],
  ['the constructor of an input', 'return inputs.constructor.constructor("return typeof process")()', 'undefined'],
  ['the constructor of a list', 'return inputs.list.map.constructor("return typeof require")()', 'undefined'],
  ['an async constructor', 'return (async () => {}).constructor("return typeof process")()', 'undefined'],
  [
    'a generator constructor',
    'return (function* () {}).constructor("yield typeof process")().next().value',
    'undefined',
  ],
  [
    'an async generator constructor',
    'return (await (async function* () {}).constructor("yield typeof process")().next()).value',
    'undefined',
  ],
  ['Function', 'return new Function("return typeof process")()', 'undefined'],
  ['Function with this', 'return Function("return this === globalThis && typeof this.process")()', 'undefined'],
  ['eval', 'return eval("typeof process")', 'undefined'],
  ['indirect eval', 'return (0, eval)("typeof require")', 'undefined'],
  ['Reflect.construct', 'return Reflect.construct(Function, ["return typeof process"])()', 'undefined'],
  ['import()', 'return import("node:fs")', 'SCRIPT_ERROR'],
  ['import() of std', 'return import("std")', 'SCRIPT_ERROR'],
  ['import() of os', 'return import("os")', 'SCRIPT_ERROR'],
  ['import() of a path', 'return import("/etc/passwd")', 'SCRIPT_ERROR'],
  ['import() of data', 'return import("data:text/javascript,export default 1")', 'SCRIPT_ERROR'],
  ['import() in eval', 'return eval("import(\\"fs\\")")', 'SCRIPT_ERROR'],
  ['import() of an object', 'return import({ toString() { return "fs" } })', 'SCRIPT_ERROR'],
  ['import.meta', 'return eval("import.meta")', 'SCRIPT_ERROR'],
  ['a static import', 'return eval("import fs from \\"fs\\"")', 'SCRIPT_ERROR'],
  ['require()', 'return require("fs")', 'SCRIPT_ERROR'],
  ['process', 'return process.env', 'SCRIPT_ERROR'],
  ['process.binding', 'return this.constructor.constructor("return process.binding(\\"fs\\")")()', 'SCRIPT_ERROR'],
  ['caller', 'return (function f() { return f.caller })()', {}],
  ['arguments.callee.caller', 'return (function () { return arguments.callee.caller })()', {}],
  [
    'Error.prepareStackTrace',
    'Error.prepareStackTrace = (_e, frames) => frames; const { stack } = new Error("x"); return Array.isArray(stack) && stack.some((f) => f.getFunction?.() ?? f.getThis?.())',
    false,
  ],
  ['a stack of the host', 'return /node:|file:|worker|sandbox\\.js/.test(new Error("x").stack)', false],
  [
    'an error of the host by recursion',
    'const f = () => { try { return f() } catch (error) { return error } }; return f().constructor.constructor("return typeof process")()',
    'undefined',
  ],
  [
    'an error of import()',
    'try { await import("x") } catch (e) { return e.constructor.constructor("return typeof process")() }',
    'undefined',
  ],
  [
    'an error of JSON',
    'try { JSON.parse("{") } catch (e) { return e.constructor.constructor("return typeof process")() }',
    'undefined',
  ],
  [
    'Symbol.species',
    'class A extends Array { static get [Symbol.species]() { return Function } } return new A(1).constructor.name',
    'A',
  ],
  [
    'Symbol.unscopables',
    'return (() => { with ({ [Symbol.unscopables]: {} }) { return typeof process } })()',
    'undefined',
  ],
  ['Symbol.toPrimitive', 'return `${{ [Symbol.toPrimitive]: () => typeof process }}`', 'undefined'],
  ['a Proxy around the global object', 'return Object.keys(new Proxy(globalThis, {}))', []],
  [
    'a Proxy as the result',
    'return new Proxy({ a: 1 }, { get: (t, k) => (k === "a" ? typeof process : t[k]) })',
    { a: 'undefined' },
  ],
  [
    'a Proxy that traps everything',
    'const p = new Proxy({}, { get() { throw p }, ownKeys() { throw p } }); return p',
    'SCRIPT_ERROR',
  ],
  [
    'a Proxy that is thrown',
    'throw new Proxy(new Error("x"), { get() { throw 1 }, getPrototypeOf() { throw 2 } })',
    'SCRIPT_ERROR',
  ],
  ['a revoked Proxy', 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy', 'SCRIPT_ERROR'],
  ['a getter on the result', 'return { get a() { return typeof process } }', { a: 'undefined' }],
  ['toJSON on the result', 'return { toJSON: () => ({ a: typeof require }) }', { a: 'undefined' }],
  [
    'a thenable result',
    'return { then(done) { done({ a: typeof process, f: done.constructor("return typeof process")() }) } }',
    { a: 'undefined', f: 'undefined' },
  ],
  ['a thenable that never ends', 'return { then() {} }', 'SCRIPT_ERROR'],
  ['a thenable that throws itself', 'const t = { then(_d, fail) { fail(t) } }; return t', 'SCRIPT_ERROR'],
  [
    'an error with a nasty message',
    'throw Object.defineProperty(new Error(), "message", { get() { throw 1 } })',
    'SCRIPT_ERROR',
  ],
  [
    'an error with a code of the engine',
    'throw Object.assign(new Error("x"), { code: "CANCELLED", effect: "none", retryAfterMs: 1 })',
    'SCRIPT_ERROR',
  ],
  [
    '__proto__ in the result',
    'return JSON.parse(\'{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}\').a.polluted ?? "clean"',
    'clean',
  ],
  [
    '__proto__ of the inputs',
    'inputs.__proto__.polluted = 1; inputs.__proto__.__proto__ = null; return "done"',
    'done',
  ],
  ['the prototype of an input', 'Object.getPrototypeOf(inputs.nested).polluted = 1; return ({}).polluted', 1],
  ['Object.prototype', 'Object.prototype.polluted = 1; Array.prototype.polluted = 1; return [].polluted', 1],
  ['toJSON for everything', 'Object.prototype.toJSON = () => "mine"; return { a: 1 }', 'mine'],
  ['the JSON object', 'JSON.parse = JSON.stringify = () => { throw 1 }; return { a: 1 }', { a: 1 }],
  ['the Promise', 'Promise.prototype.then = () => { throw 1 }; Promise.resolve = null; return { a: 1 }', { a: 1 }],
  ['the constructor of a promise', 'const p = Promise.resolve(1); p.constructor = process; return p', 'SCRIPT_ERROR'],
  [
    'Function.prototype.call',
    'Function.prototype.call = Function.prototype.apply = Reflect.apply = null; return { a: 1 }',
    { a: 1 },
  ],
  [
    'the prototype of texts',
    'String.prototype.slice = () => { throw 1 }; console.log("x"); throw new Error("mine")',
    'SCRIPT_ERROR',
  ],
  [
    'the first place of each list',
    'Object.defineProperty(Array.prototype, 0, { set() { throw 1 }, get: () => "evil" }); return [1]',
    'SCRIPT_ERROR',
  ],
  [
    'the global object, emptied',
    'const all = globalThis; for (const name of Object.getOwnPropertyNames(all)) delete all[name]; return 1',
    1,
  ],
  ['the end of our function', '}); globalThis.out = 1; (function () { return globalThis.out', 1],
  ['a text that ends ours', 'return `\\n})\\n` + "`)"', '\n})\n`)'],
  ['WebAssembly', 'return new WebAssembly.Module(new Uint8Array(8))', 'SCRIPT_ERROR'],
  ['a SharedArrayBuffer in the result', 'return new SharedArrayBuffer(8)', {}],
  ['a SharedArrayBuffer that is large', 'return new SharedArrayBuffer(2 ** 31).byteLength', 'SCRIPT_ERROR'],
  ['Atomics.wait', 'return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', 'SCRIPT_ERROR'],
  ['memory beyond a buffer', 'return new DataView(new ArrayBuffer(8)).getUint8(2 ** 31)', 'SCRIPT_ERROR'],
  ['memory before a buffer', 'return new Uint8Array(8)[-1]', {}],
  [
    'a buffer that shrinks while it is read',
    'const b = new ArrayBuffer(8, { maxByteLength: 64 }); const v = new Uint8Array(b); b.resize(4); return v[7]',
    {},
  ],
  [
    'a list that shrinks while it is sorted',
    'const a = [3, 2, 1]; a.sort(() => { a.length = 0; return 0 }); return a.length',
    0,
  ],
  [
    'a getter that shrinks its list',
    'const a = [1, 2, 3]; Object.defineProperty(a, 0, { get() { a.length = 1 } }); return a.concat([4]).length',
    4,
  ],
  [
    'FinalizationRegistry',
    'new FinalizationRegistry(() => { throw 1 }).register({}, 1); const kept = {}; return new WeakRef(kept).deref() === kept',
    true,
  ],
  ['timers', 'return typeof setTimeout + typeof setInterval + typeof setImmediate', 'undefined'.repeat(3)],
  ['the clock', 'const t = Date.now(); for (let i = 0; i < 1e5; i++); return Date.now() - t', 0],
  ['debugger', 'debugger; return 1', 1],
];

/** Bombs, and how each may end beside at its limit: a busy machine can be slow. */
const BOMBS: [what: string, code: string, expected: unknown[]][] = [
  [
    'a loop in the name of a thrown error',
    'throw Object.assign(new Error("x"), { name: { toString() { for (;;); } } })',
    [],
  ],
  ['a loop', 'for (;;);', []],
  ['a loop in a getter of the result', 'return { get a() { for (;;); } }', []],
  ['a loop in toJSON', 'return { toJSON() { for (;;); } }', []],
  ['a loop in a thrown error', 'throw { toString() { for (;;); }, toJSON() { for (;;); } }', []],
  ['a loop in a finally', 'try { for (;;); } finally { for (;;); }', []],
  ['a loop that catches all', 'for (;;) try { for (;;); } catch {}', []],
  ['a loop in eval', 'eval("for (;;);")', []],
  ['a loop before our function begins', '}); for (;;); (function () {', []],
  ['a loop in a generator', 'return [...(function* () { for (;;) yield })()]', ['SCRIPT_MEMORY']],
  ['a loop in a Proxy', 'return "a" in new Proxy({}, { has() { for (;;); } })', []],
  ['a loop in a console call', 'console.log({ toJSON() { for (;;); } })', []],
  [
    'a loop in a console of rejected promises',
    'const f = () => Promise.reject(1).catch(f); return f()',
    ['SCRIPT_MEMORY'],
  ],
  ['microtasks without end', 'for (;;) await null', []],
  ['a chain of promises', 'const f = () => Promise.resolve().then(f); return f()', ['SCRIPT_MEMORY']],
  ['thenables without end', 'return { then(done) { done(this) } }', ['SCRIPT_MEMORY']],
  ['an async generator', 'for await (const x of (async function* () { for (;;) yield 1 })());', []],
  ['a promise that never settles', 'return new Promise(() => {})', ['SCRIPT_ERROR']],
  ['a pattern that backtracks', 'return /^(a+)+$/.test("a".repeat(50) + "b")', []],
  ['a pattern with a back-reference', 'return /(x+x+)+y\\1/.test("x".repeat(5000))', []],
  ['a pattern in replace', 'return ("a".repeat(40) + "b").replace(/(a*)*$/g, "")', ['', 'b']],
  ['a pattern of a million groups', 'return new RegExp("(".repeat(1e6) + ")".repeat(1e6)).test("")', ['SCRIPT_ERROR']],
  [
    'a pattern that unfolds',
    'return new RegExp("((a{1000}){1000}){1000}").test("")',
    ['SCRIPT_ERROR', 'SCRIPT_MEMORY', false],
  ],
  ['join of 2^32 parts', 'return Array(2 ** 32 - 1).join("")', []],
  ['indexOf in 2^53 places', 'return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', []],
  ['a list of 2^32', 'return Array(2 ** 32 - 1).fill(1).length', ['SCRIPT_MEMORY']],
  ['a list of 2^32 to sort', 'return Array(2 ** 32 - 1).sort()', ['SCRIPT_MEMORY']],
  ['a spread of 2^32', 'return Math.max(...Array(2 ** 32 - 1))', ['SCRIPT_ERROR', 'SCRIPT_MEMORY']],
  ['a text that doubles', 'let s = "x"; for (;;) s += s', ['SCRIPT_ERROR', 'SCRIPT_MEMORY']],
  ['repeat', 'return "ab".repeat(2 ** 29)', ['SCRIPT_ERROR', 'SCRIPT_MEMORY']],
  ['padEnd', 'return "".padEnd(2 ** 30 - 2, "x")', ['SCRIPT_MEMORY']],
  ['replaceAll', 'return "x".repeat(1e5).replaceAll("", "y".repeat(1e5)).length', ['SCRIPT_ERROR', 'SCRIPT_MEMORY']],
  ['an output that is too large', 'return Array(2e6).fill("xxxxxxxx")', ['OUTPUT_TOO_LARGE', 'SCRIPT_MEMORY']],
  ['an output of shared parts', 'let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; return a', ['SCRIPT_MEMORY']],
  ['an output that is too deep', 'let a = 1; for (let i = 0; i < 1e5; i++) a = { a }; return a', ['SCRIPT_ERROR']],
  ['JSON that is too deep', 'return JSON.parse("[".repeat(1e6))', ['SCRIPT_ERROR']],
  ['recursion', 'const f = () => f() + 1; return f()', ['SCRIPT_ERROR']],
  ['recursion in a getter', 'const o = { get a() { return this.a } }; return o.a', ['SCRIPT_ERROR']],
  [
    'recursion in a Proxy',
    'const p = new Proxy(function () {}, { get: (_t, k, r) => r[k] }); return p.x',
    ['SCRIPT_ERROR'],
  ],
  ['recursion in toString', 'const o = { toString: () => "" + o }; return "" + o', ['SCRIPT_ERROR']],
  ['recursion in sort', 'const f = () => [2, 1].sort(f); return f()', ['SCRIPT_ERROR']],
  ['recursion in a pattern', 'const f = () => "a".replace(/a/, f); return f()', ['SCRIPT_ERROR']],
  [
    'recursion in bound functions',
    'let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(null); return f()',
    ['SCRIPT_ERROR', 'SCRIPT_MEMORY', 1],
  ],
  [
    'Proxies of Proxies',
    'let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); return p.x',
    ['SCRIPT_ERROR', 'SCRIPT_MEMORY', {}],
  ],
  ['code that is too deep', 'return eval("[".repeat(1e5) + "]".repeat(1e5))', ['SCRIPT_ERROR']],
  ['code that is too long', 'return eval("1" + "+1".repeat(3e6))', ['SCRIPT_ERROR', 'SCRIPT_MEMORY']],
  ['a number without end', 'let n = 3n; for (;;) n *= n', ['SCRIPT_ERROR', 'SCRIPT_MEMORY']],
  ['symbols', 'const all = []; for (let i = 0; ; i++) all.push(Symbol.for("s" + i))', ['SCRIPT_MEMORY']],
  ['property names', 'const o = {}; for (let i = 0; ; i++) o["k" + i] = 1', ['SCRIPT_MEMORY']],
  ['a million errors', 'const all = []; for (;;) all.push(new Error("x".repeat(1000)))', ['SCRIPT_MEMORY']],
  ['buffers', 'const all = []; for (;;) all.push(new ArrayBuffer(1 << 24))', ['SCRIPT_MEMORY']],
  ['a console without end', 'for (;;) console.log("x".repeat(1000))', []],
];

describe('nobody gets out', () => {
  it.each(TRIES)('by %s', async (_what, code, expected) => {
    expect(await outcome(code, { timeout: 20_000 })).toEqual(expected);
  });

  it('and everything that can be reached is the sandbox’s own', async () => {
    const walk = `const seen = new Set(), names = new Set(), foreign = [], queue = [globalThis, inputs, arguments, console];
      while (queue.length > 0) {
        const thing = queue.pop();
        if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null || seen.has(thing)) continue;
        seen.add(thing);
        if (typeof thing === 'function' && thing !== Function.prototype && !(thing instanceof Function)) foreign.push(String(thing));
        queue.push(Object.getPrototypeOf(thing));
        for (const name of Reflect.ownKeys(thing)) {
          names.add(String(name));
          const { value, get, set } = Object.getOwnPropertyDescriptor(thing, name);
          queue.push(value, get, set);
        }
      }
      return { seen: seen.size, names: [...names], foreign }`;
    const found = (await outcome(walk, { timeout: 10_000 })) as { seen: number; names: string[]; foreign: string[] };
    expect(found.seen).toBeGreaterThan(500);
    expect(found.foreign).toEqual([]);
    expect(found.names.filter((name) => HOST_NAMES.includes(name))).toEqual([]);
  });

  it('and nothing of this process has changed', () => {
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(JSON.stringify({ a: [1] })).toBe('{"a":[1]}');
    expect(globalThis).not.toHaveProperty('out');
  });
});

describe('nobody stays', () => {
  it.each(BOMBS)('%s', async (_what, code, expected) => {
    const started = performance.now();
    expect(['TIMEOUT', ...expected]).toContainEqual(await outcome(code, { timeout: 80, memoryLimit: 16 }));
    expect(performance.now() - started).toBeLessThan(80 + SLACK_MS);
  });
});

describe('nothing passes from one script to the next', () => {
  it.each([
    [
      'globals',
      'globalThis.left = 1; var also = 2; undeclared = 3; return 1',
      'return [typeof left, typeof also, typeof undeclared]',
      Array(3).fill('undefined'),
    ],
    [
      'prototypes',
      'Object.prototype.left = Array.prototype.map = 1; return 1',
      'return [typeof ({}).left, typeof [].map]',
      ['undefined', 'function'],
    ],
    [
      'built-ins',
      'JSON.stringify = Math.random = Date = null; return 1',
      'return [typeof Math.random(), new Date().getTime() > 0]',
      ['number', true],
    ],
    [
      'registered symbols',
      'globalThis[Symbol.for("left")] = 1; return 1',
      'return globalThis[Symbol.for("left")] === undefined',
      true,
    ],
    ['promises', 'Promise.reject(new Error("left")); new Promise((r) => (globalThis.r = r)); return 1', 'return 2', 2],
    ['console', 'console.log = () => { throw 1 }; return 1', 'console.log("x"); return 3', 3],
    ['caches of patterns', 'RegExp.prototype.exec = () => null; return 1', 'return /a/.test("a")', true],
    [
      'memory',
      'globalThis.text = "s3cret".repeat(1e5); return 1',
      'return new Uint8Array(1 << 20).some((byte) => byte !== 0)',
      false,
    ],
  ])('%s', async (_what, first, second, expected) => {
    expect(await outcome(first)).toBe(1);
    expect(await outcome(second)).toEqual(expected);
  });

  it('time and randomness', async () => {
    const code = 'Math.random(); return [Math.random(), Date.now()]';
    const given = { startTime: 1000, idempotencyKey: 'rt_a' };
    const first = await runner.value(code, {}, given);
    await runner.value(code, {}, { startTime: 2000, idempotencyKey: 'rt_b' });
    expect(await runner.value(code, {}, given)).toEqual(first);
    expect((await runner.run('return 1')).volatile).toBe(false);
  });
});
