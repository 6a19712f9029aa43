import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { usableMemory } from '../config/usable-memory.js';
import type { Measurement } from '../engine/ports.js';
import { cpuBetween, type CpuCounters } from './cpu-between.js';

/** Counters are read at most this often: thousands of executions may end a second. */
const READ_EVERY_MS = 100;

/** What was read of the process at one moment. */
export interface ProcessReading extends CpuCounters {
  /** Between this reading and the one before. */
  cpu: Measurement['cpu'];
  memory: Measurement['memory'];
}

/** Reads the counters of the server process, its worker threads included; a PostgreSQL of its own is another process. */
@Injectable()
export class ProcessMeter {
  private readonly cores = availableParallelism();
  private readonly memoryTotal = usableMemory();
  private latest: ProcessReading;

  constructor() {
    const at = performance.now();
    this.latest = this.readAfter({ at: at - process.uptime() * 1000, user: 0, system: 0 }, at);
  }

  /** As it is now, or was up to 100 ms ago: so two different readings are never closer than that. */
  read(): ProcessReading {
    const at = performance.now();
    if (at - this.latest.at >= READ_EVERY_MS) this.latest = this.readAfter(this.latest, at);
    return this.latest;
  }

  /** CPU since an earlier reading; since the one before `now` where there is none between. */
  cpuSince(before: ProcessReading, now: ProcessReading): Measurement['cpu'] {
    return before === now ? now.cpu : cpuBetween(before, now, this.cores);
  }

  private readAfter(before: CpuCounters, at: number): ProcessReading {
    const counters = { at, ...process.cpuUsage() };
    const memory = { used: process.memoryUsage.rss(), total: this.memoryTotal };
    return { ...counters, cpu: cpuBetween(before, counters, this.cores), memory };
  }
}
