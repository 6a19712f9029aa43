import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ExecutionMonitor } from '../execution-monitor.js';

/** Puts `X-Cursor` into the answers that show where the feed goes on from them. */
@Injectable()
export class CursorHeaders implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly monitor: ExecutionMonitor,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Before anything is read: what is committed meanwhile is told twice rather than never.
    fastify.addHook('preHandler', (request, reply, done) => {
      if (request.routeOptions.config.showsCursor !== true) return done();
      this.monitor.position().then((cursor) => {
        void reply.header('x-cursor', cursor);
        done();
      }, done);
    });
  }
}
