import type { Server } from 'node:http';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyHttpOptions, type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { atMost } from './config/at-most.js';
import { ConfigModule } from './config/config.module.js';
import type { Config } from './config/env.js';
import { NestLog } from './config/logger.js';
import { ServerState } from './config/server-state.js';
import { answerClientError, answerOddRequests } from './http/client-error.js';
import { corsOptions } from './http/cors.js';
import { DtoPipe } from './http/dto-pipe.js';
import { prepareRoutes } from './http/dto-routes.js';
import { registerEnvelope } from './http/envelope.js';
import { EnvelopeAdapter } from './http/envelope-adapter.js';
import { errorAnswer } from './http/error-answer.js';
import { EnvelopeExceptionFilter } from './http/exception.filter.js';
import { HealthModule } from './http/health.module.js';
import { registerJsonBody } from './http/json-body.js';
import { serveApiDocument } from './http/openapi/serve-api-document.js';
import { type OpenRequests, registerRequestHooks, requestId } from './http/request-hooks.js';
import { SocketAdapter } from './monitoring/wire/socket-adapter.js';
import { Database } from './repositories/database.js';
import { DatabaseModule } from './repositories/database.module.js';
import { InstanceIdentity } from './repositories/instance-identity.js';
import { codedDatabaseError } from './repositories/prisma-errors.js';

const API_PREFIX = 'api/v2';
/** Ids of 128 characters, each up to 12 bytes when percent-encoded. */
const LONGEST_PARAMETER = 2048;
/** To send a whole request; Fastify would wait for ever. */
const REQUEST_MS = 300_000;
const MODULES_CLOSE_MS = 10_000;

/** A server that takes requests. */
export interface RunningServer {
  app: NestFastifyApplication;
  database: Database;
  /** Without a slash at its end. */
  url: string;
  /**
   * Stops in order: new requests get 503, those under way end, the modules stop what they drive, then the database closes.
   */
  close(): Promise<void>;
}

/**
 * Puts the whole server together and starts it: database, migrations, modules, HTTP.
 * @param features the modules beside the foundation
 * @throws Error that says in a sentence why it cannot start; nothing is left running then
 */
export async function startServer(config: Config, log: Logger, features: Type = AppModule): Promise<RunningServer> {
  const identity = new InstanceIdentity();
  const state = new ServerState();
  const database = await Database.open(config, identity, log);
  let app: NestFastifyApplication | undefined;
  try {
    const foundation = [
      ConfigModule.forRoot(config, log, state),
      DatabaseModule.forRoot(database, identity),
      HealthModule.forRoot(database),
    ];
    const adapter = makeAdapter(config, log);
    const open = prepareFastify(adapter.getInstance(), config, state, log);
    app = await NestFactory.create<NestFastifyApplication>(rootModule(foundation, features), adapter, {
      bodyParser: false,
      logger: new NestLog(log),
      abortOnError: false,
    });
    await prepareNest(app, config, log);
    await app.listen({ port: config.port, host: config.host });
    state.started();
    return { app, database, url: urlOf(app, config), close: closer(app, database, state, open, config) };
  } catch (error) {
    await app?.close();
    await database.close();
    throw error;
  }
}

function rootModule(foundation: DynamicModule[], features: Type): Type {
  @Module({ imports: [...foundation, features] })
  class RootModule {}
  return RootModule;
}

function makeAdapter(config: Config, log: Logger): EnvelopeAdapter {
  const options: FastifyHttpOptions<Server> = {
    loggerInstance: log,
    // The id of the request comes from the context, so a logger of its own for each request would only cost.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimit,
    genReqId: requestId,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS,
    clientErrorHandler: answerClientError,
    // A request without one is refused with the others that are malformed, in the envelope.
    http: { requireHostHeader: false },
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: (error, request, reply: FastifyReply) => {
      const { status, headers, body } = errorAnswer(error, codedDatabaseError);
      void reply
        .status(status)
        .headers({ ...headers, 'x-request-id': request.id })
        .send(body);
    },
  };
  return new EnvelopeAdapter({ ...options, skipMiddie: true });
}

function prepareFastify(fastify: FastifyInstance, config: Config, state: ServerState, log: Logger): OpenRequests {
  const open = registerRequestHooks(fastify, config, state, log);
  registerJsonBody(fastify);
  registerEnvelope(fastify);
  answerOddRequests(fastify.server);
  return open;
}

async function prepareNest(app: NestFastifyApplication, config: Config, log: Logger): Promise<void> {
  const routes = prepareRoutes(app);
  app.setGlobalPrefix(API_PREFIX, { exclude: ['health/live', 'health/ready', 'metrics'] });
  app.useGlobalPipes(new DtoPipe());
  app.useGlobalFilters(new EnvelopeExceptionFilter(log, codedDatabaseError));
  if (config.corsOrigins.length > 0) app.enableCors(corsOptions(config.corsOrigins));
  app.useWebSocketAdapter(new SocketAdapter(app));
  serveApiDocument(app, routes);
  await app.init();
}

/** Each step has a limit, so that the end comes even when something hangs. */
function closer(
  app: NestFastifyApplication,
  database: Database,
  state: ServerState,
  open: OpenRequests,
  config: Config,
) {
  let closing: Promise<void> | undefined;
  const close = async () => {
    state.stop();
    await open.ended(config.shutdownGraceMs);
    await atMost(config.shutdownGraceMs + config.cancelGraceMs + MODULES_CLOSE_MS, app.close());
    await database.close();
  };
  return () => (closing ??= close());
}

function urlOf(app: NestFastifyApplication, { host }: Config): string {
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
