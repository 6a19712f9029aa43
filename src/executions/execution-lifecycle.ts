import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { MetricsSampler } from '../monitoring/metrics-sampler.js';
import { ActiveExecutions } from './active-executions.js';
import { Clock } from './clock.js';
import { Dispatcher } from './dispatcher.js';
import { JournalQueue } from './journal-queue.js';
import { Lease } from './lease.js';
import { Takeovers } from './takeovers.js';
import { WakeUps } from './wake-ups.js';

/** Begins and ends what drives executions, in order: the lease first, the lease last. */
@Injectable()
export class ExecutionLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly lease: Lease,
    private readonly queue: JournalQueue,
    private readonly active: ActiveExecutions,
    private readonly dispatcher: Dispatcher,
    private readonly sampler: MetricsSampler,
    private readonly clock: Clock,
    private readonly takeovers: Takeovers,
    private readonly wakeUps: WakeUps,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.queue.begin(() => this.lease.lost());
    this.takeovers.begin({
      looked: (others) => this.wakeUps.sawOthers(others > 0),
      takenOver: () => this.dispatcher.lookForOrphans(),
    });
    await this.lease.begin({
      lost: () => this.lose(),
      renewed: () => this.goOn(),
      beaten: () => {
        void this.takeovers.look();
        this.dispatcher.lookForOrphans();
      },
    });
    this.dispatcher.begin();
    this.sampler.begin({ now: () => this.clock.now(), executions: () => this.active.all() });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.drain();
    await this.sampler.end();
    await this.lease.end();
  }

  /** Somebody else drives everything now. */
  private lose(): void {
    this.active.abandonAll();
    this.queue.stop();
  }

  /** What was claimed meanwhile, under an id that nobody knew to be registered, hands in to a queue that writes nothing. */
  private goOn(): void {
    this.active.abandonAll();
    this.queue.renew();
  }
}
