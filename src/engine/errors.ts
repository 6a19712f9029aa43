import type { JsonObject, JsonValue } from './json.js';

/** The codes that a refused request can have; http/error-status.ts maps each to its HTTP status. */
export type ErrorCode =
  | 'INVALID_PARAMS'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'INVALID_TRANSITION'
  | 'ROLLBACK_UNSAFE'
  | 'PLAN_CHANGED'
  | 'REVISION_INCOMPATIBLE'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'VALIDATION_FAILED'
  | 'UNSTORABLE'
  | 'RATE_LIMIT_EXCEEDED'
  | 'INTERNAL_ERROR'
  | 'SERVICE_UNAVAILABLE';

/** A request that is refused: what the caller gets is the code, the message and the details. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: JsonValue,
  ) {
    super(message);
  }
}

/** One bad field of a request: `field` is its dotted path. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** A request whose fields are wrong: INVALID_PARAMS with one row a field. */
export function invalidParams(problems: FieldProblem[]): EngineError {
  const message = problems.map(({ message: text }) => text).join('; ');
  return new EngineError(
    'INVALID_PARAMS',
    message,
    problems.map(({ field, message: text }) => ({ field, message: text })),
  );
}

/** What is known of a failed node, as the journal and the record show it. */
export interface NodeErrorData {
  message: string;
  code: string;
  details?: JsonValue;
  stack?: string;
}

/** Options of a {@link NodeError}. */
export interface NodeErrorOptions {
  /** `none`: surely nothing happened outside, so the outcome is known. */
  effect?: 'none';
  details?: JsonObject;
  /** The HTTP status behind the error, which `retryableErrors` may name. */
  status?: number;
  /** The service's own wish for the pause before the next attempt, in ms. */
  retryAfterMs?: number;
}

/** A node's attempt that failed. Own node types may throw any error with a `code`; the built-in ones throw this. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly effect?: 'none';
  readonly details?: JsonObject;
  readonly status?: number;
  readonly retryAfterMs?: number;

  constructor(
    readonly code: string,
    message: string,
    options: NodeErrorOptions = {},
  ) {
    super(message);
    this.effect = options.effect;
    this.details = options.details;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}
