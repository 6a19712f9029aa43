import { cpuUsage, roundMeasured, sampleAt, type MetricSample } from '../engine/journal/metric-sample.js';
import type { EndMeasurement, Measurement } from '../engine/ports.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { SampleTotals } from '../repositories/metric.repository.js';
import type { ProcessMeter, ProcessReading } from './process-meter.js';

/** From where the next sample is reckoned. */
interface Mark {
  reading: ProcessReading;
  /** Epoch ms. */
  at: number;
  endedNodes: number;
}

/**
 * Measures one execution while it is in memory. CPU and memory are the process's: what its executions use cannot be told
 * apart. Times are epoch ms.
 */
export class ExecutionMeter {
  private since: Mark;
  private readonly totals: SampleTotals;

  /** @param before the samples that were taken while it was in memory earlier, here or elsewhere */
  constructor(
    private readonly process: ProcessMeter,
    state: ExecutionState,
    now: number,
    before: SampleTotals | undefined,
  ) {
    this.since = this.mark(state, now);
    this.totals = { samples: 0, cpuSum: 0, memoryPeak: 0, ...before };
    for (const { sample } of state.closings) this.add(sample.cpu.usage, sample.memory.used);
  }

  /** A sample of the time since the one before. */
  sample(state: ExecutionState, now: number): MetricSample {
    return sampleAt(state, this.measure(state, now), now);
  }

  /** It only waits: the time since the last sample counts for none. */
  rest(state: ExecutionState, now: number): void {
    this.since = this.mark(state, now);
  }

  /** The last sample, with what comes of all. */
  close(state: ExecutionState, now: number): EndMeasurement {
    const sample = this.measure(state, now);
    const { samples, cpuSum, memoryPeak } = this.totals;
    if (samples === 1) return { sample };
    return { sample, performance: { cpuUsage: roundMeasured(cpuSum / samples), memoryUsage: memoryPeak } };
  }

  private measure(state: ExecutionState, now: number): Measurement {
    const before = this.since;
    const mark = this.mark(state, now);
    this.since = mark;
    const { reading } = mark;
    const cpu = this.process.cpuSince(before.reading, reading);
    this.add(cpuUsage(cpu), reading.memory.used);
    // It was in memory for a moment before its start.
    const since = Math.max(before.at, state.startedAt ?? 0);
    const seconds = Math.max(1, now - since) / 1000;
    // Nodes that run again have not ended any more.
    const ended = Math.max(0, mark.endedNodes - before.endedNodes);
    return { cpu, memory: reading.memory, throughput: roundMeasured(ended / seconds) };
  }

  private add(cpu: number, memory: number): void {
    this.totals.samples += 1;
    this.totals.cpuSum += cpu;
    this.totals.memoryPeak = Math.max(this.totals.memoryPeak, memory);
  }

  private mark({ counts }: ExecutionState, at: number): Mark {
    return { reading: this.process.read(), at, endedNodes: counts.completed + counts.failed };
  }
}
