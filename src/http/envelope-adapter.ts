import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Answer } from './envelope.js';

/** Nest on Fastify. Fastify shows its hooks neither null nor plain values, so these are given a form first. */
export class EnvelopeAdapter extends FastifyAdapter {
  override reply(response: Parameters<FastifyAdapter['reply']>[0], body: unknown, status?: number) {
    const isRawText = typeof body === 'string' && 'request' in response && response.request.routeOptions.config.raw;
    const shown = isRawText || (typeof body === 'object' && body !== null) ? body : new Answer(body ?? null);
    return super.reply(response, shown, status);
  }
}
