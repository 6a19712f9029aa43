import { HttpException } from '@nestjs/common';
import { EngineError } from '../engine/errors.js';
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
 */
export function errorAnswer(error: unknown, translate: ErrorTranslator): ErrorAnswer {
  const coded = error instanceof EngineError ? error : translate(error);
  if (coded !== undefined) return answer(ERROR_STATUS[coded.code], coded.code, coded.message, coded.details);
  const status = statusOf(error);
  if (status === undefined || status >= 500)
    return answer(500, 'INTERNAL_ERROR', 'Something went wrong inside the server');
  return answer(status, codeOfStatus(status), (error as Error).message);
}

function answer(status: number, code: string, message: string, details?: unknown): ErrorAnswer {
  const headers: Record<string, string> = {};
  if (status === 503 || status === 429) headers['retry-after'] = RETRY_AFTER_SECONDS;
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return { status, headers, body: new Envelope(status, false, null, message, { code, details }) };
}

/** Fastify's own errors reach us bare where they arise before Nest. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || error.name !== 'FastifyError' || !('statusCode' in error)) return undefined;
  return Number(error.statusCode);
}
