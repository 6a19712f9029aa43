import type { JsonObject, JsonValue } from './json.js';
import { MAX_JSON_DEPTH, setOwn } from './plain-json.js';

/** What stands where a secret stood. */
const MASK = '***';

/** How a name ends, in lower case and without `-`, `_`, `.` and spaces, when its value is a secret. */
const SECRET_NAME =
  /(?:authorization|cookie|password|passwd|pwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey|authkey|subscriptionkey|functionskey|credentials?)$/;

/** `user:password@` of a URL inside any text. */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^/?#\s@]+@/gi;

/** A secret in a URL's query or a form's text. */
const QUERY_SECRET =
  /([?&](?:access_token|refresh_token|id_token|token|api[_-]?key|key|password|passwd|pwd|(?:client_)?secret|sig|signature)=)[^&#\s]+/gi;

/** True for a header or field whose value nobody should read in a record or a log. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[-_.\s]/g, ''));
}

/**
 * A copy in which values of headers and fields that carry secrets (Authorization, Cookie, X-Api-Key, password, token …)
 * and credentials inside URLs read `***`. It goes by names: a secret under a name that says nothing stays.
 */
export function maskSecrets(value: JsonValue): JsonValue {
  return mask(value, false, 0);
}

function mask(value: JsonValue, secret: boolean, depth: number): JsonValue {
  if (typeof value === 'string') return secret ? MASK : maskText(value);
  if (typeof value === 'number') return secret ? MASK : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_JSON_DEPTH) return MASK;
  if (Array.isArray(value)) return value.map((item) => mask(item, secret, depth + 1));
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const field = value[key];
    if (field !== undefined) setOwn(result, key, mask(field, secret || isSecretName(key), depth + 1));
  }
  return result;
}

/** The text with the credentials of the URLs in it, and secrets of their queries, as `***`. */
export function maskText(text: string): string {
  const withoutCredentials = text.includes('://') ? text.replace(URL_CREDENTIALS, `$1${MASK}@`) : text;
  return withoutCredentials.includes('=') ? withoutCredentials.replace(QUERY_SECRET, `$1${MASK}`) : withoutCredentials;
}
