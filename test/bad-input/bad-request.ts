/**
 * A row of the table of requests that must be refused. In its path `:done`, `:paused`, `:asleep` and `:planned` stand for
 * executions in these states; a path is one below /api/v2 unless it begins with /health or is /metrics.
 */
export interface BadRequest {
  /** What is bad about it. */
  what: string;
  /** Method and path. */
  request: string;
  /** A body, sent as JSON. */
  json?: unknown;
  /** A body, sent as it is, as JSON unless `headers` say otherwise. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
  /** HTTP status and code. */
  answer: readonly [status: number, code: string];
  /**
   * What is wrong, as the answer must name it. With INVALID_PARAMS the `field` of a row of the details; with
   * VALIDATION_FAILED the code of an error, and, behind a blank, its field; else a part of the message or the details.
   */
  names: string;
}

export const INVALID = [400, 'INVALID_PARAMS'] as const;
export const NOT_FOUND = [404, 'NOT_FOUND'] as const;
export const CONFLICT = [409, 'CONFLICT'] as const;
export const TRANSITION = [409, 'INVALID_TRANSITION'] as const;
export const TOO_LARGE = [413, 'PAYLOAD_TOO_LARGE'] as const;
export const WRONG_TYPE = [415, 'UNSUPPORTED_MEDIA_TYPE'] as const;
export const UNSOUND = [422, 'VALIDATION_FAILED'] as const;
