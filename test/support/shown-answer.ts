/** In a shown answer: whatever stands there. As the last item of a list, or as a key: whatever follows. */
const WHATEVER = '…';

/** Texts that differ from run to run: ids with something random in them, times, versions of the runtime. */
const VARYING = [
  /exec_[\w.:-]+/g,
  /wf_[\w-]+/g,
  /\d{4}-\d\d-\d\dT[\d:.]+Z/g,
  /rt_[\w-]{43}/g,
  /inst_[\w-]+/g,
  /:\d{4,5}\b/g,
];

/** Names of numbers that were measured. */
const MEASURED =
  /(time|timestamp|duration|At|since|until|remaining|p50|p95|averageMs|totalSize|bytes|id|usage|cpu\.\w+|memory\.\w+|throughput)$/i;

/**
 * Compares an answer that a page shows with a real one, and gives the first place where they differ: what differs from run
 * to run need only be of one kind.
 */
export function difference(shown: unknown, real: unknown, path = 'the answer'): string | undefined {
  if (shown === WHATEVER) return undefined;
  if (Array.isArray(shown) && Array.isArray(real)) return listDifference(shown, real, path);
  if (isObject(shown) && isObject(real)) return objectDifference(shown, real, path);
  if (typeof shown === 'string' && typeof real === 'string' && steady(shown) === steady(real)) return undefined;
  if (typeof shown === 'number' && typeof real === 'number' && MEASURED.test(path)) return undefined;
  if (shown === real) return undefined;
  return `${path}: shown ${JSON.stringify(shown)}, real ${JSON.stringify(real)}`;
}

function listDifference(shown: readonly unknown[], real: readonly unknown[], path: string): string | undefined {
  const isOpen = shown.at(-1) === WHATEVER;
  const items = isOpen ? shown.slice(0, -1) : shown;
  if (isOpen ? real.length < items.length : real.length !== items.length) {
    return `${path}: shown ${items.length} items, real ${real.length}: ${JSON.stringify(real).slice(0, 300)}`;
  }
  return firstOf(items.map((item, index) => difference(item, real[index], `${path}[${index}]`)));
}

function objectDifference(
  shown: Record<string, unknown>,
  real: Record<string, unknown>,
  path: string,
): string | undefined {
  const names = Object.keys(shown).filter((name) => name !== WHATEVER);
  const unshown = Object.keys(real).filter((name) => !(name in shown));
  if (!(WHATEVER in shown) && unshown.length > 0) return `${path}: ${unshown.join(', ')} is not shown`;
  const gone = names.find((name) => !(name in real));
  if (gone !== undefined) return `${path}.${gone} is shown but not there`;
  return firstOf(names.map((name) => difference(shown[name], real[name], `${path}.${name}`)));
}

/** The shown answer with what is real put in; what it leaves out stays left out. */
export function renewed(shown: unknown, real: unknown): unknown {
  if (shown === WHATEVER) return shown;
  if (Array.isArray(shown) && Array.isArray(real)) {
    const items: unknown[] = shown.at(-1) === WHATEVER ? real.slice(0, shown.length - 1) : real;
    const renewedItems = items.map((item, index) => (index < shown.length ? renewed(shown[index], item) : item));
    return shown.at(-1) === WHATEVER ? [...renewedItems, WHATEVER] : renewedItems;
  }
  if (!isObject(shown) || !isObject(real)) return real;
  const isOpen = WHATEVER in shown;
  const names = Object.keys(isOpen ? shown : real).filter((name) => name !== WHATEVER);
  const entries = names.map((name) => [name, name in shown ? renewed(shown[name], real[name]) : real[name]]);
  return Object.fromEntries(isOpen ? [...entries, [WHATEVER, WHATEVER]] : entries);
}

function firstOf(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((found) => found !== undefined);
}

function steady(text: string): string {
  return VARYING.reduce((rest, pattern) => rest.replace(pattern, '~'), text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
