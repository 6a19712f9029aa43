import { Injectable } from '@nestjs/common';
import type { Scheduler } from '../engine/ports.js';

/** The longest timer that Node keeps: 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A measurement is wrong by half of it at most. */
const LONGEST_ROUND_TRIP_MS = 500;

/**
 * Time for everything that is recorded: the process's monotonic clock plus its offset to the database, which is measured
 * at each heartbeat. It never goes back, also when the offset is corrected or the host's wall clock is set.
 */
@Injectable()
export class Clock implements Scheduler {
  private offset = 0;
  private isSet = false;
  private latest = 0;

  now(): number {
    this.latest = Math.max(this.latest, Math.floor(performance.timeOrigin + performance.now() + this.offset));
    return this.latest;
  }

  setTimer(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }

  defer(callback: () => void): void {
    setImmediate(callback);
  }

  /**
   * Takes over the database's clock, read between the two moments of the monotonic clock (ms). When they lie far apart, as
   * after the process was stopped, it stays as it is.
   */
  adjust(databaseNow: number, sentAt: number, receivedAt: number): void {
    if (this.isSet && receivedAt - sentAt > LONGEST_ROUND_TRIP_MS) return;
    this.isSet = true;
    this.offset = databaseNow - (performance.timeOrigin + (sentAt + receivedAt) / 2);
  }
}
