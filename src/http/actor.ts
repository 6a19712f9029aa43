import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { invalidParams } from '../engine/errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, by the header X-User-Id; absent: nobody said. */
    actor?: string;
  }
}

const ASCII = /^[\x20-\x7e]*$/;
const ACTOR = /^\P{Cc}{1,128}$/u;

/** Parameter of a controller's method: who calls, as `string | undefined`. */
export const Actor = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().actor,
);

/**
 * Reads the header X-User-Id: percent-encoded UTF-8, 1 to 128 characters without control characters.
 * @throws EngineError INVALID_PARAMS when it is anything else
 */
export function readActor(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  // Other bytes than ASCII would be taken for Latin-1, and become somebody else's name.
  const actor = typeof header === 'string' && ASCII.test(header) ? decode(header) : '';
  if (ACTOR.test(actor)) return actor;
  const message = 'X-User-Id must be 1 to 128 characters, percent-encoded as UTF-8';
  throw invalidParams([{ field: 'X-User-Id', message }]);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
