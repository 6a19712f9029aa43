/**
 * Columns that are filtered hold what PostgreSQL can hold: U+0000 and half surrogate pairs, which it cannot, become
 * U+FFFD.
 */
export function storableText(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD');
}
