import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { ServerState } from '../config/server-state.js';
import { ExecutionHistory } from './execution-history.js';

const SWEEP_EVERY_MS = 3_600_000;
/** The start has better things to do. */
const FIRST_SWEEP_MS = 60_000;

/**
 * Deletes what ended longer ago than RETENTION_DAYS allow, every hour, by the same way as a cleanup. Several instances may
 * do so at once: each leaves alone what another one has locked.
 */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly history: ExecutionHistory,
    private readonly state: ServerState,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    if (Object.values(this.config.retentionDays).some((days) => days !== undefined)) this.sweepIn(FIRST_SWEEP_MS);
  }

  /** The batch under way is the last one. */
  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.sweeping;
  }

  /** Deletes what is due now; never throws: what could not be deleted is left for next time. */
  async sweep(): Promise<void> {
    const { completed, failed, cancelled } = this.config.retentionDays;
    for (const [status, olderThanDays] of Object.entries({ completed, failed, cancelled })) {
      if (olderThanDays === undefined) continue;
      const what = { status: status as 'completed' | 'failed' | 'cancelled', olderThanDays };
      try {
        const { deletedCount } = await this.history.cleanup({ ...what, dryRun: false }, this.state.stopping);
        if (deletedCount > 0) this.log.info({ ...what, deletedCount }, 'deleted executions that were kept long enough');
      } catch (error) {
        this.log.warn({ ...what, err: error }, 'old executions could not be deleted; trying again in an hour');
      }
    }
  }

  /** The next one is due an hour after the end of the one before. */
  private sweepIn(ms: number): void {
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().then(() => {
        this.sweeping = undefined;
        if (!this.state.stopping.aborted) this.sweepIn(SWEEP_EVERY_MS);
      });
    }, ms);
  }
}
