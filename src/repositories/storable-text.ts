/**
 * Columns that are filtered hold what PostgreSQL can hold: U+0000 and half surrogate pairs, which it cannot, become
 * U+FFFD.
 */
export function storableText(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD');
}

/** Labels as they are stored and searched for: jsonb refuses what {@link storableText} replaces. */
export function labelsJson(labels: { [name: string]: string }): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '{}';
  return JSON.stringify(Object.fromEntries(entries.map(([name, value]) => [storableText(name), storableText(value)])));
}
