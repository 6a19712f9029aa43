import type { JsonObject, JsonValue } from '../json.js';
import { maskSecrets } from '../mask-secrets.js';

/** An intent keeps at most this much of the config that it acts with. */
const INTENT_CONFIG_LIMIT_BYTES = 64 * 1024;

/** A resolved config as an intent may show it: secrets masked, bounded. */
export function intentConfig(config: JsonObject): JsonValue {
  const masked = maskSecrets(config);
  const bytes = Buffer.byteLength(JSON.stringify(masked));
  return bytes <= INTENT_CONFIG_LIMIT_BYTES ? masked : { truncated: true, bytes };
}
