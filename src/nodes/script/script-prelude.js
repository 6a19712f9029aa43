/**
 * What each sandbox holds before the script: runs inside QuickJS (as text), where nothing of this module exists. It
 * keeps the built-ins that it needs, since a script may replace any of them, and gives two functions: `start` calls the
 * script, `finish` says what came of it as two texts, the report (JSON) and the output (JSON, undefined when there is none).
 * A script can only spoil its own answer: whoever reads it takes it as data.
 * @param {number} seed a 32-bit integer
 * @param {{ output: number, lines: number, text: number }} most characters of output, lines of the console and their characters
 */
function prelude(seed, most) {
  'use strict';
  const { parse, stringify } = JSON;
  const { create, defineProperty } = Object;
  const { imul } = Math;
  const AnyError = Error;
  const toText = String;
  const { apply } = Reflect;
  // oxlint-disable-next-line typescript/unbound-method -- `cut` gives it its text
  const { slice } = String.prototype;

  const report = create(null);
  report.lines = [];
  let output;
  let room = most.text;

  const cut = (text, length) => apply(slice, text, [0, length]);

  /** mulberry32, as in expressions. */
  let state = seed;
  function random() {
    report.drewRandom = true;
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A line of the console; what is too much is left out, and the last line says so. */
  function say(level, parts) {
    if (room <= 0) return;
    let line = '';
    for (let at = 0; at < parts.length; at += 1) line += (at > 0 ? ' ' : '') + show(parts[at]);
    line = cut(line, room);
    room -= line.length;
    add(level, line);
    if (report.lines.length < most.lines && room > 0) return;
    room = 0;
    add('warn', 'The console takes no more of this script');
  }

  function add(level, text) {
    const line = create(null);
    line.level = level;
    line.text = text;
    report.lines[report.lines.length] = line;
  }

  function show(value) {
    if (typeof value === 'string') return value;
    try {
      if (value instanceof AnyError) return `${value.name}: ${value.message}`;
      const json = typeof value === 'bigint' ? undefined : stringify(value);
      return json === undefined ? toText(value) : json;
    } catch {
      return '(cannot be shown)';
    }
  }

  /** Whatever was thrown; getters and proxies of the script may throw in turn. */
  function describe(thrown) {
    const error = create(null);
    try {
      if (thrown instanceof AnyError) {
        error.name = cut(toText(thrown.name), 100);
        error.message = cut(toText(thrown.message), 4000);
        error.stack = cut(toText(thrown.stack), 2000);
      } else {
        error.message = cut(show(thrown), 4000);
      }
    } catch {
      error.message = 'The script threw something that cannot be read';
    }
    return error;
  }

  async function start(script, data) {
    try {
      const { inputs, variables, trigger } = parse(data);
      const value = await script(inputs, variables, trigger);
      report.hasReturned = true;
      const json = stringify(value);
      if (json !== undefined && json.length > most.output) report.isTooLarge = true;
      else output = json === undefined ? '{}' : json;
    } catch (thrown) {
      report.error = describe(thrown);
    }
    report.hasEnded = true;
  }

  const define = (target, name, value) =>
    defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
  define(Math, 'random', () => random());
  define(globalThis, 'console', {
    log: (...parts) => say('info', parts),
    info: (...parts) => say('info', parts),
    warn: (...parts) => say('warn', parts),
    error: (...parts) => say('error', parts),
    debug: (...parts) => say('debug', parts),
  });
  return { start, finish: () => [stringify(report), output] };
}

/** The text to evaluate: a function that gives `{ start, finish }`. */
export const PRELUDE = `(${prelude.toString()})`;
