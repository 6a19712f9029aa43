import { RE2JS } from 're2js';

/**
 * Most characters times instructions of a pattern that one search may cost: about half a second of the slowest of
 * RE2's machines (20 to 30 ns each).
 */
const SEARCH_LIMIT = 20_000_000;

/** A pattern that cannot be matched in linear time, or a text that is too long for its pattern. */
export class LinearRegexError extends Error {
  override readonly name = 'LinearRegexError';
}

const compiled = new WeakMap<RegExp, LinearRegex>();

/** The linear form of a pattern; made once for each RegExp object. @throws LinearRegexError for what RE2 does not have */
export function linearRegexOf(regexp: RegExp): LinearRegex {
  const known = compiled.get(regexp);
  if (known) return known;
  const made = new LinearRegex(regexp);
  compiled.set(regexp, made);
  return made;
}

/**
 * A regular expression whose matching takes time in proportion to the text, whatever the pattern: RE2 in place of the
 * backtracking engine. Look-around, back-references and repeats above 1000 are not in it.
 * @see https://github.com/google/re2/wiki/WhyRE2
 */
export class LinearRegex {
  private readonly pattern: RE2JS;
  private readonly longestText: number;

  /** @throws LinearRegexError */
  constructor(readonly source: RegExp) {
    try {
      this.pattern = RE2JS.compile(RE2JS.translateRegExp(source));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LinearRegexError(`the regular expression ${String(source)} is not supported: ${reason}`);
    }
    this.longestText = Math.floor(SEARCH_LIMIT / Math.max(1, this.pattern.programSize()));
  }

  /** As RegExp has it; ajv tells patterns apart by it. */
  toString(): string {
    return String(this.source);
  }

  test(text: string): boolean {
    this.checkLength(text);
    return this.pattern.test(text);
  }

  /** The first match at or after `from`; groups that took no part are undefined. */
  find(text: string, from: number): { index: number; end: number; groups: (string | undefined)[] } | undefined {
    this.checkLength(text);
    if (from > text.length) return undefined;
    const matcher = this.pattern.matcher(text);
    if (!matcher.find(from)) return undefined;
    const groups: (string | undefined)[] = [];
    for (let group = 1; group <= this.pattern.groupCount(); group++) groups.push(matcher.group(group) ?? undefined);
    return { index: matcher.start(), end: matcher.end(), groups };
  }

  private checkLength(text: string): void {
    if (text.length > this.longestText) {
      throw new LinearRegexError(
        `a text of ${text.length} characters is too long for the regular expression ${String(this.source)}`,
      );
    }
  }
}

/** The part of RegExp that JSONata uses, on {@link LinearRegex}. */
export class LinearRegExp {
  lastIndex = 0;
  private readonly regex: LinearRegex;

  constructor(regexp: RegExp) {
    this.regex = linearRegexOf(regexp);
  }

  exec(input: unknown): RegExpMatch | null {
    const text = String(input);
    const found = this.regex.find(text, this.lastIndex);
    if (!found) return null;
    this.lastIndex = found.end;
    return Object.assign([text.slice(found.index, found.end), ...found.groups], { index: found.index });
  }
}

type RegExpMatch = (string | undefined)[] & { index: number };
