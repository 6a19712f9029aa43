import { invalidParams } from '../engine/errors.js';

const LONGEST_KEY = 255;

/**
 * Checks the header Idempotency-Key.
 * @throws EngineError INVALID_PARAMS unless it is absent or has 1 to 255 characters
 */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || (header.length >= 1 && header.length <= LONGEST_KEY)) return header;
  const message = `Idempotency-Key must be 1 to ${LONGEST_KEY} characters`;
  throw invalidParams([{ field: 'Idempotency-Key', message }]);
}
