import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { ServerState } from '../config/server-state.js';
import { ExecutionCounterRepository } from '../repositories/execution-counter.repository.js';

const TIDY_EVERY_MS = 3_600_000;

/** Looks after the counters of ended executions, at the start and every hour, beside everything else. */
@Injectable()
export class ExecutionCounters implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private tidying: Promise<void> = Promise.resolve();

  constructor(
    private readonly counters: ExecutionCounterRepository,
    private readonly state: ServerState,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.look(async () => {
      await this.tidy();
      const repaired = await this.counters.repair(this.state.stopping);
      if (repaired > 0) this.log.warn({ repaired }, 'counters of executions disagreed with the executions: put right');
    });
    this.timer = setInterval(() => this.look(() => this.tidy()), TIDY_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.tidying;
  }

  private async tidy(): Promise<void> {
    await this.counters.foldGone();
    await this.counters.dropEmpty();
  }

  /** What fails now is done an hour later, or at the next start. */
  private look(work: () => Promise<void>): void {
    this.tidying = work().catch((err: unknown) => {
      this.log.debug({ err }, 'the counters of executions could not be looked after');
    });
  }
}
