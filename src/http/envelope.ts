import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer's message; set by {@link Message}. */
    message?: string;
    /** Largest body in bytes; set by {@link BodyLimit}. */
    bodyLimit?: number;
    /** The answer goes out as it is; set by {@link RawAnswer}. */
    raw?: boolean;
    /** The only parameters of the query that have a meaning here; absent: a DTO says it. */
    parameters?: string[];
    /** No field of a body has a meaning here. */
    takesNoBody?: boolean;
  }
}

const DEFAULT_MESSAGE = 'OK';

/** What every answer is. `code` is 200 for every success, also under HTTP 201. */
export class Envelope {
  readonly timestamp = Date.now();

  constructor(
    readonly code: number,
    readonly success: boolean,
    readonly data: unknown,
    readonly message: string,
    readonly error?: { code: string; details?: unknown },
  ) {}
}

/** What a controller returns when the message is not the route's own: `return new Answer(data, 'Rolled back to a')`. */
export class Answer {
  constructor(
    readonly data: unknown,
    readonly message?: string,
  ) {}
}

/** The message of a route's successful answers; "OK" where nothing else is said. */
export const Message = (message: string): MethodDecorator => routeConfig({ message });

/** Lets a route take bodies of up to so many bytes instead of BODY_LIMIT. */
export const BodyLimit = (bodyLimit: number): MethodDecorator => routeConfig({ bodyLimit });

/** The route's answers are not put into an envelope: files, metrics, event streams. */
export const RawAnswer = (): MethodDecorator => routeConfig({ raw: true });

/** Adds to what Fastify knows of the route of a controller's method. */
export function addRouteConfig(method: object, config: FastifyContextConfig): void {
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...routeConfigOf(method), ...config }, method);
}

/** The message of the successful answers of a controller's method. */
export function messageOf(method: object): string {
  return routeConfigOf(method)?.message ?? DEFAULT_MESSAGE;
}

/** Puts the answers of the controllers into the envelope, right before they become text. */
export function registerEnvelope(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.bodyLimit !== undefined) route.bodyLimit = route.config.bodyLimit;
  });
  fastify.addHook('preSerialization', (request, _reply, payload, done) => {
    const { message, raw } = request.routeOptions.config;
    if (payload instanceof Envelope || raw === true) done(null, payload);
    else done(null, wrap(payload, message));
  });
}

function routeConfigOf(method: object): FastifyContextConfig | undefined {
  return Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, method) as FastifyContextConfig | undefined;
}

function wrap(payload: unknown, routeMessage = DEFAULT_MESSAGE): Envelope {
  if (payload instanceof Answer) return new Envelope(200, true, payload.data, payload.message ?? routeMessage);
  return new Envelope(200, true, payload, routeMessage);
}

function routeConfig(config: FastifyContextConfig): MethodDecorator {
  return (_target, _name, descriptor) => addRouteConfig(descriptor.value as object, config);
}
