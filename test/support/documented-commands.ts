import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An answer as a page has it. */
export interface Shown {
  value: unknown;
  /** Its lines, from 0; `to` is the one behind it. */
  from: number;
  to: number;
}

/** A command of a page with the answer that the page shows for it. */
export interface DocumentedCommand {
  /** Line of the page, from 1. */
  line: number;
  command: string;
  /** As the page has it; undefined where it shows none. */
  shown?: Shown;
}

/** What a command asks for, in the words of the API. */
export interface DocumentedCall {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Stages of jq that the answer goes through. */
  filter: string[];
  /** The variable that takes the result. */
  variable?: string;
}

const FENCE = /^```(\w*)$/;

/**
 * Finds the `sh` blocks with a curl command in them, each with the `json` block that follows it.
 * @param heading only what stands below it, up to the next one of second order
 */
export function documentedCommands(page: string, heading?: string): DocumentedCommand[] {
  const lines = page.split('\n');
  const found: DocumentedCommand[] = [];
  const start = heading === undefined ? 0 : lines.indexOf(heading) + 1;
  for (let at = start; at < lines.length; at += 1) {
    if (heading !== undefined && lines[at]?.startsWith('## ')) break;
    const [, language] = FENCE.exec(lines[at] ?? '') ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    const text = lines.slice(at + 1, end).join('\n');
    const last = found.at(-1);
    if (language === 'sh' && text.includes('curl ')) found.push({ line: at + 1, command: text });
    if (language === 'json' && last && !last.shown) last.shown = { value: JSON.parse(text), from: at + 1, to: end };
    at = end;
  }
  return found;
}

/**
 * Reads a curl command as a shell and curl would, as far as the pages use them.
 * @throws Error for anything else, so that a page cannot show what is not tried
 */
export function readCommand(command: string, variables: Record<string, string>, folder: string): DocumentedCall {
  const [, variable, inner] = /^(\w+)=\$\(([^]*)\)$/.exec(command.trim()) ?? [];
  const [curl = '', ...filters] = splitPipes(inner ?? command.trim());
  const words = shellWords(curl, variables);
  const call: DocumentedCall = { method: '', url: '', headers: {}, filter: filters.flatMap(jqStages), variable };
  if (words.shift() !== 'curl') throw new Error(`Not a curl command: ${command}`);
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const value = () => words.shift() ?? '';
    if (word === '-s') continue;
    if (word === '-X') call.method = value();
    else if (word === '-H') {
      const [name = '', ...rest] = value().split(':');
      call.headers[name.toLowerCase()] = rest.join(':').trim();
    } else if (word === '-d') {
      const data = value();
      call.body = data.startsWith('@') ? readFileSync(join(folder, data.slice(1)), 'utf8') : data;
    } else if (word.startsWith('-')) throw new Error(`Unknown option ${word} in: ${command}`);
    else call.url = word;
  }
  call.method ||= call.body === undefined ? 'GET' : 'POST';
  return call;
}

/** Applies a stage of jq: `.a.b[0]`, `{ a, b }` or `map({ a, b })`. */
export function applyStage(value: unknown, stage: string): unknown {
  const [, each] = /^map\((.*)\)$/.exec(stage) ?? [];
  if (each !== undefined) return (value as unknown[]).map((item) => applyStage(item, each));
  const [, names] = /^\{(.*)\}$/.exec(stage) ?? [];
  if (names !== undefined) {
    const keys = names.split(',').map((name) => name.trim());
    return Object.fromEntries(keys.map((key) => [key, (value as Record<string, unknown>)[key]]));
  }
  const steps = stage.match(/[^.[\]"]+/g) ?? [];
  return steps.reduce<unknown>((from, step) => (from as Record<string, unknown>)[step], value);
}

function jqStages(filter: string): string[] {
  const [, stages] = /^jq (?:-r )?(?:'([^']*)'|\S+)$/.exec(filter.trim()) ?? [];
  const text = stages ?? filter.trim().split(' ').at(-1) ?? '';
  return text.split('|').map((stage) => stage.trim());
}

/** Splits at the pipes that stand outside of quotes. */
function splitPipes(text: string): string[] {
  return text.match(/(?:'[^']*'|"[^"]*"|[^|'"])+/g) ?? [];
}

/** Words of a shell: quotes, a backslash before a line's end, and variables outside of single quotes. */
function shellWords(text: string, variables: Record<string, string>): string[] {
  const put = (part: string) =>
    part.replace(/\$(\w+)/g, (_match, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`$${name} is not set`);
      return value;
    });
  const words = text.replace(/\\\n/g, ' ').match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"|([^'"]+)/g, (_match, single?: string, double?: string, bare?: string) =>
      single === undefined ? put(double ?? bare ?? '') : single,
    ),
  );
}
