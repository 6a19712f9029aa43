import variant from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant, Scope } from 'quickjs-emscripten-core';
import { clock } from './script-clock.js';
import { PRELUDE } from './script-prelude.js';

const MIB = 1024 * 1024;
const PAGES_PER_MIB = 16;
/** What QuickJS itself takes, beside the script's memory. */
const OWN_MIB = 16;
/** Deep recursion ends in QuickJS's own error, far before this thread's stack does. */
const STACK_BYTES = 256 * 1024;
/** So many jobs (reactions of promises) run before the limit is looked at from outside. */
const JOBS_AT_ONCE = 1000;

const MOST = { output: 10 * MIB, lines: 100, text: 16 * 1024 };

/** The script's first line is the second of what is evaluated, so that no text of ours moves its columns. */
const HEAD = '(async function (inputs, variables, trigger) {\n';
const FILE = 'script.js';

/**
 * QuickJS in a WebAssembly memory of bounded size. It runs one script after the other, each in a runtime of its own,
 * as long as each leaves it as it was; then it is thrown away.
 */
export class Sandbox {
  /** Whether the next script may run here. */
  isClean = true;

  /** @private use {@link Sandbox.create} */
  constructor(quickjs, memory, memoryMiB) {
    this.quickjs = quickjs;
    this.memory = memory;
    this.memoryMiB = memoryMiB;
    this.initialBytes = memory.buffer.byteLength;
  }

  /**
   * @param {WebAssembly.Module} quickJs
   * @param {number} memoryMiB what a script may use
   */
  static async create(quickJs, memoryMiB) {
    // QuickJS's own memory limit does not hold; the memory's maximum does.
    const wasmMemory = new WebAssembly.Memory({
      initial: OWN_MIB * PAGES_PER_MIB,
      maximum: (memoryMiB + OWN_MIB) * PAGES_PER_MIB,
    });
    const silent = { print: () => undefined, printErr: () => undefined };
    const bounded = newVariant(variant, { wasmModule: quickJs, wasmMemory, emscriptenModule: silent });
    return new Sandbox(await newQuickJSWASMModuleFromVariant(bounded), wasmMemory, memoryMiB);
  }

  /**
   * Runs a script to its end. Never throws for what a script does.
   * @param {import('./script-task.js').ScriptTask} task
   * @param {() => boolean} isStopped asked again and again while it runs
   * @returns {import('./script-task.js').ScriptAnswer}
   */
  run(task, isStopped) {
    const limit = new Limit(task.limitMs, isStopped);
    if (!this.hasRoomFor(task)) {
      const needed = 'The code and what it is given take more than a quarter of the memory';
      return failed('SCRIPT_MEMORY', `${needed} of a script with ${this.memoryMiB} MiB`);
    }
    const scope = new Scope();
    let answer;
    try {
      answer = this.evaluate(task, limit, scope);
    } catch (error) {
      answer = this.brokenDown(error, limit);
    }
    this.isClean &&= !limit.isOver && this.memory.buffer.byteLength === this.initialBytes;
    // A runtime that was cut off or is out of memory cannot always be taken down; it goes with its memory.
    if (this.isClean) this.dispose(scope);
    return answer;
  }

  evaluate(task, limit, scope) {
    clock.time = task.startTime;
    const runtime = scope.manage(this.quickjs.newRuntime());
    runtime.setMaxStackSize(STACK_BYTES);
    runtime.setInterruptHandler(() => limit.check());
    const context = scope.manage(runtime.newContext());
    const seed = scope.manage(context.newNumber(task.seed));
    const make = scope.manage(context.unwrapResult(context.evalCode(PRELUDE)));
    const most = scope.manage(context.unwrapResult(context.evalCode(`(${JSON.stringify(MOST)})`)));
    const { undefined: nothing } = context;
    const prelude = scope.manage(context.unwrapResult(context.callFunction(make, nothing, seed, most)));
    const start = scope.manage(context.getProp(prelude, 'start'));
    const finish = scope.manage(context.getProp(prelude, 'finish'));
    // QuickJS looks at the clock by itself until here.
    clock.wasRead = false;

    const script = context.evalCode(`${HEAD}${task.code.toWellFormed()}\n})`, FILE);
    if (script.error) return this.refused(context, scope.manage(script.error), limit, task.code);
    const data = scope.manage(context.newString(task.data));
    scope.manage(context.callFunction(start, nothing, scope.manage(script.value), data));
    this.runJobs(runtime, limit, scope);
    const { report, output } = this.finish(context, finish, scope);
    return this.answerOf(report, output, limit, task.code);
  }

  runJobs(runtime, limit, scope) {
    while (runtime.hasPendingJob() && !limit.check()) {
      if (scope.manage(runtime.executePendingJobs(JOBS_AT_ONCE)).error) return;
    }
  }

  /** Reads the answer of a script, which may have spoiled it. */
  finish(context, finish, scope) {
    const parts = scope.manage(context.callFunction(finish, context.undefined));
    if (parts.error) return { report: { hasEnded: true } };
    const [report, output] = [0, 1].map((at) => {
      const part = scope.manage(context.getProp(parts.value, at));
      return context.typeof(part) === 'string' ? context.getString(part) : undefined;
    });
    const read = parsed(report);
    return { report: typeof read === 'object' && read !== null ? read : {}, output };
  }

  answerOf(report, output, limit, code) {
    // Where memory has grown, the library itself looks at the clock: such an answer counts as volatile too.
    const said = { lines: linesOf(report.lines), volatile: clock.wasRead || report.drewRandom === true };
    if (limit.isOver) return { ...failed('TIMEOUT', limit.message), ...said };
    if (report.isTooLarge === true) {
      return { ...failed('OUTPUT_TOO_LARGE', `The script returned more than ${MOST.output / MIB} MiB`), ...said };
    }
    if (typeof output === 'string') return { kind: 'returned', output, ...said };
    return { ...this.failure(report, code), ...said };
  }

  failure({ error, hasReturned, hasEnded }, code) {
    if (typeof error !== 'object' || error === null) {
      if (this.isFull) return this.outOfMemory();
      const never = 'The promise that the script waits for is never settled';
      return failed('SCRIPT_ERROR', hasEnded === true ? 'The script has spoiled its own answer' : never);
    }
    const { name, message, stack } = error;
    const isOutOfMemory = name === 'InternalError' && message === 'out of memory';
    // When there is not even room for an error, QuickJS throws null.
    if (isOutOfMemory || (message === 'null' && this.isFull)) return this.outOfMemory();
    const told = described(name, message);
    if (hasReturned === true) return failed('SCRIPT_ERROR', `JSON cannot hold what the script returned: ${told}`);
    return failed('SCRIPT_ERROR', told, errorDetails(name, stack, code));
  }

  /** The code does not parse. */
  refused(context, error, limit, code) {
    const [name, message, stack] = ['name', 'message', 'stack'].map((key) =>
      context.getProp(error, key).consume((part) => (context.typeof(part) === 'string' ? context.getString(part) : '')),
    );
    if (limit.isOver) return failed('TIMEOUT', limit.message);
    if (name !== 'SyntaxError') return this.failure({ error: { name, message, stack } }, code);
    const details = errorDetails(name, stack, code);
    const place = details?.line === undefined ? '' : ` (line ${details.line})`;
    return failed('SCRIPT_ERROR', `${described(name, message)}${place}`, details);
  }

  /** WebAssembly itself gave up, or the library around it: nothing in here can be relied on any more. */
  brokenDown(error, limit) {
    this.isClean = false;
    const answer = () => {
      if (limit.isOver) return failed('TIMEOUT', limit.message);
      if (this.isFull) return this.outOfMemory();
      return failed('SCRIPT_ERROR', `The script broke its sandbox: ${String(error?.message).slice(0, 200)}`);
    };
    return { ...answer(), isBroken: true };
  }

  dispose(scope) {
    try {
      scope.dispose();
    } catch {
      this.isClean = false;
    }
  }

  /** What goes in is held several times: as bytes, as a text and as values. */
  hasRoomFor({ code, data }) {
    return Buffer.byteLength(code) + Buffer.byteLength(data) <= ((this.memoryMiB + OWN_MIB) * MIB) / 4;
  }

  /** Whether its memory has grown about as far as it may. */
  get isFull() {
    const bytes = this.memory.buffer.byteLength;
    return bytes > this.initialBytes && bytes > 0.85 * (this.memoryMiB + OWN_MIB) * MIB;
  }

  outOfMemory() {
    return failed('SCRIPT_MEMORY', `The script needs more than its ${this.memoryMiB} MiB of memory`);
  }
}

/** The time that a script has. */
class Limit {
  isOver = false;

  constructor(ms, isStopped) {
    this.message = `The script took longer than ${ms} ms`;
    this.deadline = performance.now() + ms;
    this.isStopped = isStopped;
  }

  /** True when the script must end. */
  check() {
    this.isOver ||= performance.now() > this.deadline || this.isStopped();
    return this.isOver;
  }
}

function failed(code, message, details) {
  return { kind: 'failed', code, message, details, lines: [], volatile: false };
}

/** An Error's message stands for itself, as a script throws it; others tell what they are. */
function described(name, message) {
  const text = String(message);
  if (typeof name !== 'string' || name === 'Error' || name === '') return text;
  return text === '' ? name : `${name}: ${text}`;
}

/** The name of an Error and where in the code it was made, from 1; undefined for anything else that was thrown. */
function errorDetails(name, stack, code) {
  if (typeof name !== 'string') return undefined;
  const place = /script\.js:(\d+):(\d+)/.exec(String(stack));
  if (!place) return { name };
  // Code that ends too early is wrong in what we put behind it.
  const line = Math.min(Number(place[1]) - 1, code.split('\n').length);
  return { name, line, column: Number(place[2]) };
}

/** A prototype that the script has changed can make anything of them. */
function linesOf(lines) {
  if (!Array.isArray(lines)) return [];
  return lines.slice(0, MOST.lines + 1).map((line) => ({
    level: String(line?.level).slice(0, 10),
    text: String(line?.text).slice(0, MOST.text),
  }));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
