import { NodeError, type NodeErrorData } from '../errors.js';
import type { JsonValue } from '../json.js';
import { maskSecrets, maskText } from '../mask-secrets.js';
import { toPlainJson } from '../plain-json.js';

/** What a thrown value says of the attempt that threw it. */
export interface DescribedError {
  error: NodeErrorData;
  /** It says itself that surely nothing happened outside. */
  hadNoEffect: boolean;
  status?: number;
  retryAfterMs?: number;
}

/** Reads whatever a node threw, secrets masked; own types may throw anything at all, so this must not throw itself. */
export function describeError(thrown: unknown): DescribedError {
  try {
    return thrown instanceof Error ? read(thrown) : { error: nodeError(String(thrown)), hadNoEffect: false };
  } catch {
    return { error: nodeError('The node threw something that cannot be read'), hadNoEffect: false };
  }
}

function read(thrown: Error): DescribedError {
  const { code, details, effect, status, retryAfterMs } = thrown as Error & Record<string, unknown>;
  const error = nodeError(String(thrown.message), typeof code === 'string' && code !== '' ? code : undefined);
  const plain = plainDetails(details);
  if (plain !== undefined) error.details = plain;
  // The stack of a built-in type tells the reader of a record nothing.
  if (!(thrown instanceof NodeError) && typeof thrown.stack === 'string') error.stack = maskText(thrown.stack);
  return {
    error,
    hadNoEffect: effect === 'none',
    status: typeof status === 'number' ? status : undefined,
    retryAfterMs: typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : undefined,
  };
}

function nodeError(message: string, code = 'NODE_ERROR'): NodeErrorData {
  return { message: maskText(message), code };
}

/** Details that JSON cannot hold are left out: they must not hide the error. */
function plainDetails(details: unknown): JsonValue | undefined {
  try {
    const plain = toPlainJson(details);
    return plain === undefined ? undefined : maskSecrets(plain);
  } catch {
    return undefined;
  }
}
