import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { JournalRepository } from '../repositories/journal.repository.js';
import { JournalQueue } from './journal-queue.js';

const LOOK_EVERY_MS = 60_000;
/** Who follows the journal may come back after this long and still find what it missed. */
const KEEP_MS = 3_600_000;

/**
 * Deletes the batch rows of this instance's lanes once they are an hour old. The numbers are noted as time goes by, so
 * that a deletion is a range of the primary key and no index on the time is needed; the newest row of a writer is the
 * guard of a batch that is sent again, and stays. All rows of an instance that is gone are deleted an hour after its last.
 */
@Injectable()
export class BatchRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private notes: { at: number; writer: string; no: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: JournalQueue,
    private readonly journal: JournalRepository,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(performance.now()), LOOK_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Notes the newest numbers, and deletes what is below those of an hour ago. `now` is ms of the monotonic clock. */
  async look(now: number): Promise<void> {
    this.notes.push(...this.queue.current.written().map((written) => ({ at: now, ...written })));
    const old = this.notes.filter(({ at }) => now - at >= KEEP_MS);
    try {
      for (const { writer, no } of old) await this.journal.forgetBatches(writer, no);
      this.notes = this.notes.filter(({ at }) => now - at < KEEP_MS);
      await this.journal.forgetGoneWriters(KEEP_MS);
    } catch (error) {
      this.log.debug({ err: error }, 'old batch rows could not be deleted; trying again');
    }
  }
}
