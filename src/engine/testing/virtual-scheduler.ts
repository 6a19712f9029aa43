import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Scheduler } from '../ports.js';

interface VirtualTimer {
  at: number;
  order: number;
  callback: () => void;
}

/** Time that goes on only when a test says so; timers that are due at the same moment call back in the order they were set. */
export class VirtualScheduler implements Scheduler {
  private timers: VirtualTimer[] = [];
  private deferred: (() => void)[] = [];
  private orders = 0;
  /** The longest timer that was ever set, in ms. */
  longestTimer = 0;

  /** @param time epoch ms at which the test begins */
  constructor(private time = 1_700_000_000_000) {}

  now(): number {
    return this.time;
  }

  setTimer(ms: number, callback: () => void): () => void {
    this.longestTimer = Math.max(this.longestTimer, ms);
    const timer = { at: this.time + Math.max(0, ms), order: (this.orders += 1), callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** Epoch ms of the next timer; undefined when none is set. */
  get nextTimerAt(): number | undefined {
    return this.nextTimer()?.at;
  }

  /** Lets everything happen that needs no time: promises and what was deferred. */
  async settle(): Promise<void> {
    do {
      for (const callback of this.deferred.splice(0)) callback();
      await nextTurn();
    } while (this.deferred.length > 0);
  }

  /** Lets time go on by `ms`, and every timer on the way call back at its own moment. */
  async advance(ms: number): Promise<void> {
    await this.advanceTo(this.time + ms);
  }

  /** Lets time go on to the moment `to` (epoch ms). */
  async advanceTo(to: number): Promise<void> {
    await this.settle();
    for (let timer = this.nextTimer(); timer && timer.at <= to; timer = this.nextTimer()) {
      this.time = Math.max(this.time, timer.at);
      const due = timer;
      this.timers = this.timers.filter((other) => other !== due);
      timer.callback();
      await this.settle();
    }
    this.time = Math.max(this.time, to);
  }

  /** Time that is spent without any turn of the event loop, as by work that blocks it. */
  block(ms: number): void {
    this.time += ms;
  }

  private nextTimer(): VirtualTimer | undefined {
    let next: VirtualTimer | undefined;
    for (const timer of this.timers) {
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}
