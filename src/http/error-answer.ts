import { HttpException } from '@nestjs/common';
import { EngineError, invalidParams } from '../engine/errors.js';
import { Envelope } from './envelope.js';
import { codeOfStatus, ERROR_STATUS } from './error-status.js';

const RETRY_AFTER_SECONDS = '1';

/** What goes out for an error. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: Envelope;
}

/** Recognises an error of another layer, such as a lost connection to the database. */
export type ErrorTranslator = (error: unknown) => EngineError | undefined;

/**
 * The answer to an error: a coded one says what it says, one of the framework gets the code of its status, any other is
 * INTERNAL_ERROR without a word of what happened.
 * @param bodyLimit of the route, in bytes
 */
export function errorAnswer(error: unknown, translate: ErrorTranslator, bodyLimit?: number): ErrorAnswer {
  const coded = error instanceof EngineError ? error : (translate(error) ?? fastifyRefusal(error, bodyLimit));
  if (coded !== undefined) return answer(ERROR_STATUS[coded.code], coded.code, coded.message, coded.details);
  const status = statusOf(error);
  if (status === undefined || status >= 500)
    return answer(500, 'INTERNAL_ERROR', 'Something went wrong inside the server');
  const { message } = error as Error;
  const code = codeOfStatus(status);
  return answer(status, code, message, code === 'INVALID_PARAMS' ? [{ field: 'request', message }] : undefined);
}

function answer(status: number, code: string, message: string, details?: unknown): ErrorAnswer {
  const headers: Record<string, string> = {};
  if (status === 503 || status === 429) headers['retry-after'] = RETRY_AFTER_SECONDS;
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return { status, headers, body: new Envelope(status, false, null, message, { code, details }) };
}

/** What Fastify refuses by itself, in words that say what is wrong. */
function fastifyRefusal(error: unknown, bodyLimit = 0): EngineError | undefined {
  const { code } = ((error instanceof HttpException ? error.cause : error) ?? {}) as { code?: unknown };
  switch (code) {
    case 'FST_ERR_BAD_URL':
      return invalidParams([{ field: 'path', message: 'the path is not percent-encoded UTF-8' }]);
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return invalidParams([{ field: 'path', message: 'a part of the path is longer than any id can be' }]);
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new EngineError('PAYLOAD_TOO_LARGE', `The body is larger than ${bodyLimit} bytes`);
    default:
      return undefined;
  }
}

/** Fastify's own errors reach us bare where they arise before Nest. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || error.name !== 'FastifyError' || !('statusCode' in error)) return undefined;
  return Number(error.statusCode);
}
