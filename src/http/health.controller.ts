import { Controller, Get } from '@nestjs/common';
import { ServerState } from '../config/server-state.js';
import { EngineError } from '../engine/errors.js';
import { DatabaseProbe } from './database-probe.js';
import { getLiveness, getReadiness } from './openapi/health.operations.js';
import { Operation } from './openapi/operation.js';

/** For those who watch over the server; open to all, and without data. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly state: ServerState,
    private readonly database: DatabaseProbe,
  ) {}

  /** The process answers. */
  @Get('live')
  @Operation(getLiveness)
  live(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /** The server takes requests and can write to its database; otherwise 503. */
  @Get('ready')
  @Operation(getReadiness)
  async ready(): Promise<{ status: 'ready' }> {
    const { current } = this.state;
    if (current !== 'ready')
      throw new EngineError('SERVICE_UNAVAILABLE', `The server is ${current}`, { state: current });
    if (!(await this.database.isUsable())) {
      throw new EngineError('SERVICE_UNAVAILABLE', 'The database cannot be reached or written to', {
        state: 'database-away',
      });
    }
    return { status: 'ready' };
  }
}
