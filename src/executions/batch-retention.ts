import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { DeletionBatches } from '../repositories/deletion-batches.js';
import { JournalRepository } from '../repositories/journal.repository.js';
import { JournalQueue } from './journal-queue.js';

const LOOK_EVERY_MS = 60_000;

/**
 * Deletes the batch rows of this instance's lanes, and those of its deletions, once they are FEED_RETENTION_MS old: who
 * follows the journal may come back within that time and still find what it missed. The numbers are noted as time goes by,
 * so that a deletion is a range of the primary key and no index on the time is needed; the newest row of a writer is the
 * guard of a batch that is sent again, and stays. All rows of an instance that is gone are deleted so long after its last.
 */
@Injectable()
export class BatchRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private notes: { at: number; writer: string; no: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: JournalQueue,
    private readonly journal: JournalRepository,
    private readonly deletions: DeletionBatches,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(performance.now()), LOOK_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Notes the newest numbers, and deletes what is below those that are old enough. `now` is ms of the monotonic clock. */
  async look(now: number): Promise<void> {
    const keepMs = this.config.feedRetentionMs;
    const { written: deleted } = this.deletions;
    const all = [...this.queue.current.written(), ...(deleted ? [deleted] : [])];
    this.notes.push(...all.map((written) => ({ at: now, ...written })));
    const old = this.notes.filter(({ at }) => now - at >= keepMs);
    try {
      for (const { writer, no } of old) await this.journal.forgetBatches(writer, no);
      this.notes = this.notes.filter(({ at }) => now - at < keepMs);
      await this.journal.forgetGoneWriters(keepMs);
    } catch (error) {
      this.log.debug({ err: error }, 'old batch rows could not be deleted; trying again');
    }
  }
}
