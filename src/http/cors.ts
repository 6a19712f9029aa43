import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type CorsSettings = NonNullable<Parameters<NestFastifyApplication['enableCors']>[0]>;

/**
 * Lets the pages of the listed origins call the API. For every other request it does nothing at all, neither headers nor
 * an answer to a browser's preflight: whether that may pass is for the access check to say.
 */
export function corsOptions(origins: readonly string[]): CorsSettings {
  return {
    origin: (origin: string | undefined, decide: (error: Error | null, isAllowed: boolean) => void) =>
      decide(null, origin !== undefined && origins.includes(origin)),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['X-Request-Id', 'X-Cursor', 'ETag', 'Retry-After'],
  };
}
