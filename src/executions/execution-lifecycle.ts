import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ActiveExecutions } from './active-executions.js';
import { Dispatcher } from './dispatcher.js';
import { JournalQueue } from './journal-queue.js';
import { Lease } from './lease.js';

/** Begins and ends what drives executions, in order: the lease first, the lease last. */
@Injectable()
export class ExecutionLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly lease: Lease,
    private readonly queue: JournalQueue,
    private readonly active: ActiveExecutions,
    private readonly dispatcher: Dispatcher,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.queue.begin(() => this.lease.lost());
    await this.lease.begin(() => this.lose());
    this.dispatcher.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.drain();
    await this.lease.end();
  }

  /** Somebody else drives everything now: forget it, and go on under a new id. */
  private async lose(): Promise<void> {
    this.active.abandonAll();
    this.queue.stop();
    try {
      await this.lease.renewIdentity();
    } finally {
      // Also when nobody knows whether the new id is registered: if not, the next batch or heartbeat finds that out.
      this.queue.renew();
    }
  }
}
