import type { ErrorCode } from '../../engine/errors.js';
import type { Schema } from './api-schema.js';

/** What `error.details` holds. */
interface FailureDetails<T> {
  schema: Schema<T>;
  example: NoInfer<T>;
}

/** A way in which an operation can fail: one code in one situation. */
export interface Failure {
  /** Of its schema in the document. */
  name: string;
  code: ErrorCode;
  /** When it happens. */
  description: string;
  /** As an example: messages are for people and may change. */
  message: string;
  details?: FailureDetails<unknown>;
}

/** Describes a failure; `details` are absent where nothing is told beside the message. */
export function failure<T = never>(
  name: string,
  code: ErrorCode,
  what: { description: string; message: string; details?: FailureDetails<T> },
): Failure {
  return { name, code, ...what } as Failure;
}
