import { Injectable } from '@nestjs/common';
import { BatchRepository } from '../repositories/batch.repository.js';
import type { FeedPosition } from './feed-cursor.js';

/** Tells where the journal stands; who asks at the same time is answered together. */
@Injectable()
export class JournalPositions {
  private reading: Promise<FeedPosition> | undefined;
  private next: Promise<FeedPosition> | undefined;

  constructor(private readonly batches: BatchRepository) {}

  /** After everything that was committed before the call. */
  now(): Promise<FeedPosition> {
    if (!this.reading && !this.next) return this.read();
    // The one under way may have begun before what the caller has seen was committed.
    const again = () => this.read();
    this.next ??= (this.reading as Promise<unknown>).then(again, again);
    return this.next;
  }

  private read(): Promise<FeedPosition> {
    this.next = undefined;
    this.reading = this.batches
      .newest()
      .then(({ now, vector }) => ({ time: now, vector }))
      .finally(() => {
        this.reading = undefined;
      });
    return this.reading;
  }
}
