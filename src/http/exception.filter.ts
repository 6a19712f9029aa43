import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Log } from '../config/logger.js';
import { errorAnswer, type ErrorTranslator } from './error-answer.js';

/** The one place where errors become answers. What is unexpected is logged, with the request's id. */
@Catch()
export class EnvelopeExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly translate: ErrorTranslator,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { raw, routeOptions } = reply.request;
    // Who hangs up in the midst of a body waits for no answer, and the fault is not ours.
    if (raw.errored !== null && raw.errored === error) return void reply.raw.destroy();
    const { bodyLimit } = routeOptions;
    const { status, headers, body } = errorAnswer(error, this.translate, bodyLimit);
    if (status >= 500) this.log[status === 500 ? 'error' : 'warn']({ err: error }, body.message);
    // Fastify would cut the connection under a client that still sends, which then may never see the answer.
    if (status === 413) reply.removeHeader('connection');
    // Once an answer is on its way there is nothing left but to break it off.
    if (reply.sent || reply.raw.headersSent) reply.raw.destroy();
    else void reply.status(status).headers(headers).send(body);
  }
}
