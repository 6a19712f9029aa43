/** How PostgreSQL writes a timestamp in DateStyle ISO, the offset only where there is a time zone. */
const TIMESTAMP =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?$/;

/**
 * A timestamp as ISO 8601 with milliseconds, or microseconds where it has some: with a time zone in UTC
 * (`2026-03-01T08:00:00.000Z`), without one as it is (`2026-03-01T09:00:00.000`). What has no such form (infinity, BC)
 * stays as the database writes it.
 */
export function isoTimestamp(text: string): string {
  const parts = TIMESTAMP.exec(text);
  if (!parts) return text;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const [fraction = '', sign, ...offset] = parts.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second - offsetSeconds(sign, offset));
  if (Number.isNaN(date.getTime())) return text;
  const whole = date.toISOString().slice(0, -'.000Z'.length);
  return `${whole}.${fraction.padEnd(3, '0')}${sign === undefined ? '' : 'Z'}`;
}

function offsetSeconds(sign: string | undefined, [hours, minutes, seconds]: (string | undefined)[]): number {
  const size = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return sign === '-' ? -size : size;
}
