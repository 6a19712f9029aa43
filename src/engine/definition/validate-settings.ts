import { isJsonObject, type JsonValue } from '../json.js';
import type { Place, ProblemLog } from './problem-log.js';

/** Above it a node would be tried so often that it is probably a mistake. */
const MANY_RETRIES = 10;
const MANY_AT_ONCE = 100;
/** ms */
const SHORT_TIMEOUT = 1000;

/** What is allowed in the settings but seldom meant; types and ranges are the schema's. */
export function validateSettings(settings: JsonValue | undefined, problems: ProblemLog): void {
  if (!isJsonObject(settings)) return;
  const { maxConcurrency, timeout, retryPolicy } = settings;
  if (typeof maxConcurrency === 'number' && maxConcurrency > MANY_AT_ONCE) {
    const message = `${maxConcurrency} nodes at once are more than ${MANY_AT_ONCE}`;
    problems.warning('HIGH_CONCURRENCY', message, {}, 'settings.maxConcurrency');
  }
  if (typeof timeout === 'number' && timeout > 0 && timeout < SHORT_TIMEOUT) {
    const message = `A timeout of ${timeout} ms is below ${SHORT_TIMEOUT} ms`;
    problems.warning('LOW_TIMEOUT', message, {}, 'settings.timeout');
  }
  warnOfManyRetries(retryPolicy, 'settings.retryPolicy', problems);
}

/** `maxAttempts` is the other spelling: one more than the retries. It counts only without `maxRetries`. */
export function warnOfManyRetries(
  retryPolicy: JsonValue | undefined,
  field: string,
  problems: ProblemLog,
  place: Place = {},
): void {
  if (!isJsonObject(retryPolicy)) return;
  const { maxRetries, maxAttempts } = retryPolicy;
  const name = typeof maxRetries === 'number' ? 'maxRetries' : 'maxAttempts';
  const retries = typeof maxRetries === 'number' ? maxRetries : typeof maxAttempts === 'number' ? maxAttempts - 1 : 0;
  if (retries <= MANY_RETRIES) return;
  problems.warning('HIGH_RETRY_COUNT', `${retries} retries are more than ${MANY_RETRIES}`, place, `${field}.${name}`);
}
