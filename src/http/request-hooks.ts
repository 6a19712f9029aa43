import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/env.js';
import type { Log } from '../config/logger.js';
import { runInContext } from '../config/request-context.js';
import type { ServerState } from '../config/server-state.js';
import { EngineError, type FieldProblem, invalidParams } from '../engine/errors.js';
import { accessCheck } from './access.js';
import { readActor } from './actor.js';
import { checkBodyType, checkHead } from './request-form.js';
import { unknownField } from './unknown-field.js';

/** The id of a request: the caller's own when it is a sane one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Counts the requests that are under way, for the end of the server. */
export class OpenRequests {
  private count = 0;
  private readonly waiting = new Set<() => void>();

  enter(reply: FastifyReply): void {
    this.count++;
    // Comes once for each response, also when the client goes away.
    reply.raw.once('close', () => {
      this.count--;
      if (this.count === 0) for (const ended of this.waiting) ended();
    });
  }

  /** Resolves when the last one has been answered, at the latest after `ms`. */
  async ended(ms: number): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** What happens to every request before its route sees it. */
export function registerRequestHooks(
  fastify: FastifyInstance,
  config: Config,
  state: ServerState,
  log: Log,
): OpenRequests {
  const open = new OpenRequests();
  const mayCall = accessCheck(config);

  const admit = (request: FastifyRequest, reply: FastifyReply): void => {
    const { headers, routeOptions, method, url } = request;
    const route = routeOptions.url;
    if (state.current === 'stopping' && !route?.startsWith('/health/')) {
      void reply.header('connection', 'close');
      throw new EngineError('SERVICE_UNAVAILABLE', 'The server is stopping');
    }
    const { host, origin, authorization } = headers;
    checkHead(request);
    mayCall({ method, url, route, host, origin, authorization });
    checkBodyType(request);
    request.actor = readActor(headers['x-user-id']);
  };

  fastify.decorateRequest('actor');
  fastify.addHook('onRequest', (request, reply, done) => {
    open.enter(reply);
    let refusal: Error | undefined;
    try {
      admit(request, reply);
    } catch (error) {
      refusal = error as Error;
    }
    runInContext({ requestId: request.id }, () => done(refusal));
  });
  // At the end, since a browser's preflight is answered before any hook of ours.
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('preValidation', (request, _reply, done) => done(unexpectedInput(request)));
  if (log.isLevelEnabled('debug')) {
    fastify.addHook('onResponse', (request, reply, done) => {
      // Without the query: it may hold what does not belong in a log.
      const path = request.url.split('?', 1)[0];
      const fields = { method: request.method, path, status: reply.statusCode, ms: reply.elapsedTime };
      log.debug({ ...fields, requestId: request.id }, 'request answered');
      done();
    });
  }
  return open;
}

/** What no DTO looks at is refused here: a mistyped option must not be overlooked. */
function unexpectedInput({ routeOptions, query, body }: FastifyRequest): Error | undefined {
  const { parameters, takesNoBody } = routeOptions.config;
  const problems: FieldProblem[] = [];
  if (parameters !== undefined) {
    for (const field in query as object)
      if (!parameters.includes(field)) problems.push(unknownField(field, parameters));
  }
  if (takesNoBody === true && body !== undefined) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    if (!isObject) problems.push({ field: '', message: 'no body is taken here, but for an empty object' });
    else for (const field in body) problems.push(unknownField(field, []));
  }
  return problems.length === 0 ? undefined : invalidParams(problems);
}
