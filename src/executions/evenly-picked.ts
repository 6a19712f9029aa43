/** At most so many of the items, evenly picked: the first and the last are among them, or the last alone where one may be. */
export function evenlyPicked<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  if (most === 1) return items.slice(-1);
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)] as T);
}
