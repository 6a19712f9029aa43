import { ExpressionLimitError } from './expression-limit-error.js';
import { MAX_ITEMS, checkTime, environmentOf, type Focus } from './jsonata-internals.js';
import { isFunctionDefinition } from './value-weight.js';

type Comparator = (this: unknown, left: unknown, right: unknown) => unknown;

/** JSONata's is quadratic and has no end. Stable, like it; the comparator says whether the two must be swapped. */
async function sort(this: Focus, list: unknown[] | undefined, comparator?: Comparator): Promise<unknown> {
  if (list === undefined || list.length <= 1) return list;
  if (comparator === undefined) return sortPlain(list);
  let runs = list.map((item) => [item]);
  while (runs.length > 1) {
    const merged: unknown[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(await merge(this, runs[index] ?? [], runs[index + 1] ?? [], comparator));
    }
    runs = merged;
  }
  return runs[0];
}

async function merge(focus: Focus, left: unknown[], right: unknown[], comparator: Comparator): Promise<unknown[]> {
  const merged: unknown[] = [];
  let fromLeft = 0;
  let fromRight = 0;
  while (fromLeft < left.length && fromRight < right.length) {
    checkTime(focus);
    const swap = await comparator.call(focus, left[fromLeft], right[fromRight]);
    merged.push(swap ? right[fromRight++] : left[fromLeft++]);
  }
  return [...merged, ...left.slice(fromLeft), ...right.slice(fromRight)];
}

function sortPlain(list: unknown[]): unknown[] {
  const kind = typeof list[0];
  if ((kind !== 'number' && kind !== 'string') || list.some((item) => typeof item !== kind)) {
    throw new ExpressionLimitError(
      'The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function',
    );
  }
  if (kind === 'number') return (list as number[]).toSorted((left, right) => left - right);
  return (list as string[]).toSorted((left, right) => (left < right ? -1 : Number(left > right)));
}

/** JSONata's compares each item with each other one. */
function distinct(this: Focus, list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= 1) return list;
  const result = isSequence(list) ? this.createSequence() : [];
  const seen = new Set<unknown>();
  for (const item of list as unknown[]) {
    const key = typeof item === 'object' && item !== null ? canonicalText(item) : item;
    if (seen.has(key)) continue;
    seen.add(key);
    result.push(item);
  }
  return result;
}

function isSequence(list: unknown[]): boolean {
  return (list as unknown[] & { sequence?: boolean }).sequence === true;
}

/** The same for equal values and for no others; a NUL in front keeps it apart from an item that is a text. */
function canonicalText(value: object): unknown {
  if (isFunctionDefinition(value)) return value;
  return `\0${JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    const sorted: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const key of Object.keys(item).sort()) sorted[key] = (item as Record<string, unknown>)[key];
    return sorted;
  })}`;
}

/** JSONata's copies the whole result for each item. A list stays a list, also when one field is all it gives. */
function spread(this: Focus, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isFunctionDefinition(value)) return value;
  const result = this.createSequence();
  for (const item of flattened(value)) {
    if (typeof item !== 'object' || item === null || isFunctionDefinition(item)) result.push(item);
    else for (const [key, field] of Object.entries(item)) result.push(singleField(key, field));
  }
  return Array.isArray(value) && value.length > 0 ? Array.from(result) : result;
}

/** The value, or what is in it when it is a list, and in the lists in that. */
function* flattened(value: unknown): Generator<unknown> {
  if (!Array.isArray(value)) yield value;
  else for (const item of value as unknown[]) yield* flattened(item);
}

function singleField(key: string, value: unknown): object {
  return Object.assign(Object.create(null) as object, { [key]: value });
}

function shuffle(this: Focus, list: unknown[] | undefined): unknown {
  if (list === undefined || list.length <= 1) return list;
  const { random } = environmentOf(this);
  const result = [...list];
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}

/** The step `*`: JSONata's copies the whole result for each field that is a list. */
export function wildcard(this: Focus, input: unknown): unknown {
  const sequence = this.createSequence();
  if (typeof input !== 'object' || input === null || isFunctionDefinition(input)) return sequence;
  const fields: unknown[] = Object.values(input);
  for (const field of fields) for (const item of flattened(field)) sequence.push(item);
  // A list among the fields keeps the result a list, also when that has one item or none.
  return fields.some((field) => Array.isArray(field)) ? Array.from(sequence) : sequence;
}

function assertItems(count: number): void {
  if (count > MAX_ITEMS) throw new ExpressionLimitError(`makes a list of more than ${MAX_ITEMS} items`);
}

function zip(...lists: unknown[]): unknown[] {
  const shortest = Math.min(...lists.map((list) => (Array.isArray(list) ? list.length : 0)));
  assertItems(shortest * lists.length);
  return Array.from({ length: shortest }, (_, index) => lists.map((list) => (list as unknown[])[index]));
}

/** JSONata's functions of lists with an end to what they take and make, and `$shuffle` by the pinned randomness. */
export const listFunctions = {
  sort: { implementation: sort, signature: '<af?:a>' },
  distinct: { implementation: distinct, signature: '<x:x>' },
  spread: { implementation: spread, signature: '<x-:a<o>>' },
  shuffle: { implementation: shuffle, signature: '<a:a>' },
  zip: { implementation: zip, signature: '<a+>' },
};
