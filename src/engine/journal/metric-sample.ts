import type { EndMeasurement, Measurement, NetworkUse } from '../ports.js';

/** What was measured of an execution at one moment. */
export interface MetricSample {
  /** Epoch ms. */
  timestamp: number;
  /** The server process's share of all cores since the execution's sample before, in percent; `usage` is user + system. */
  cpu: { usage: number; system: number; user: number };
  /** What the server process holds of the memory of its machine or container: bytes, and percent. */
  memory: { used: number; total: number; percentage: number };
  /** What the execution's own nodes have moved since its start. */
  network: NetworkUse;
  /** ms since its start. */
  duration: number;
  /** Nodes of the execution that ended, a second, since its sample before. */
  throughput: number;
}

/** What was measured while an execution ran. */
export interface PerformanceRecord {
  /** Mean percent of its samples. */
  cpuUsage: number;
  /** Peak bytes of its samples. */
  memoryUsage: number;
  networkIO: NetworkUse;
}

/** What an execution's end tells of its measurements. */
export interface ClosingMetrics {
  sample: MetricSample;
  performance: PerformanceRecord;
}

/** Puts in what is not stored because other values say it. */
export function metricSample(
  { cpu, memory, throughput }: Measurement,
  { timestamp, duration, network }: Pick<MetricSample, 'timestamp' | 'duration' | 'network'>,
): MetricSample {
  const { used, total } = memory;
  const { bytesReceived, bytesSent, requestCount } = network;
  return {
    timestamp,
    cpu: { usage: cpuUsage(cpu), system: cpu.system, user: cpu.user },
    memory: { used, total, percentage: roundMeasured((used / total) * 100) },
    network: { bytesReceived, bytesSent, requestCount },
    duration,
    throughput,
  };
}

/** The sample of an execution at `timestamp` (epoch ms); one that never started took no time. */
export function sampleAt(
  { startedAt, network }: { startedAt?: number; network: NetworkUse },
  measurement: Measurement,
  timestamp: number,
): MetricSample {
  return metricSample(measurement, { timestamp, duration: timestamp - (startedAt ?? timestamp), network });
}

/** What an event that ends an execution says of its measurements. */
export function closingMetrics(
  execution: { startedAt?: number; network: NetworkUse },
  measurement: Measurement,
  { timestamp, performance }: { timestamp: number; performance?: EndMeasurement['performance'] },
): ClosingMetrics {
  const sample = sampleAt(execution, measurement, timestamp);
  const { cpuUsage: mean, memoryUsage } = performance ?? {
    cpuUsage: sample.cpu.usage,
    memoryUsage: sample.memory.used,
  };
  return { sample, performance: { cpuUsage: mean, memoryUsage, networkIO: sample.network } };
}

/** Percent of all cores. */
export function cpuUsage({ user, system }: Measurement['cpu']): number {
  return Math.min(100, roundMeasured(user + system));
}

/** Hundredths are more than a measurement is worth. */
export function roundMeasured(value: number): number {
  return Math.round(value * 100) / 100;
}
