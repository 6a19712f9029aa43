import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { atMost } from '../config/at-most.js';
import type { Batch, BatchResult, BatchWriter } from '../engine/journal/batch.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { ExecutionStatus } from '../engine/state/transitions.js';
import { processMetrics } from './process-metrics.js';

/** In seconds: a node computes for microseconds, calls for seconds or waits for hours. */
const NODE_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const BATCH_EVENTS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];

const ACTIVE = ['pending', 'running', 'paused'] as const satisfies readonly ExecutionStatus[];
const ENDED = ['completed', 'failed', 'cancelled'] as const satisfies readonly ExecutionStatus[];
const NODE_ENDS = ['completed', 'failed'] as const;
const COMMIT_FAILURES = ['lease-lost', 'refused', 'collision', 'unknown'] as const satisfies BatchResult['kind'][];

/** A database that does not answer leaves its figure out of the answer and holds up none of the others. */
const DATABASE_MS = 1000;

/** Asked when somebody asks for the metrics. */
export interface GaugeSource {
  /** The executions in this process's memory. */
  executions(): Iterable<{ readonly state: ExecutionState }>;
  /** Characters of events and log lines that wait for their batch. */
  queuedCharacters(): number;
  /** Executions of all instances that are due and wait for a place in memory. */
  queuedExecutions(): Promise<number>;
}

/**
 * What this server tells Prometheus. Names and units are as Prometheus wants them
 * (https://prometheus.io/docs/practices/naming/); a label has as many values as there are node types or statuses, never
 * one for each workflow. The registry is the server's own, so that several in one process do not count together.
 */
@Injectable()
export class PrometheusMetrics {
  private readonly registry = new Registry();
  private source: GaugeSource | undefined;

  private readonly ended = new Counter({
    name: 'retrace_executions_ended_total',
    help: 'Executions that ended on this instance, by status',
    labelNames: ['status'],
    registers: [this.registry],
  });

  private readonly nodeDurations = new Histogram({
    name: 'retrace_node_duration_seconds',
    help: 'How long the last attempts of nodes took that ended on this instance; without cached and cancelled ones',
    labelNames: ['type', 'status'],
    buckets: NODE_SECONDS,
    registers: [this.registry],
  });

  private readonly batchEvents = new Histogram({
    name: 'retrace_journal_batch_events',
    help: 'How many events the batches had that were committed to the journal',
    buckets: BATCH_EVENTS,
    registers: [this.registry],
  });

  private readonly commits = new Histogram({
    name: 'retrace_journal_commit_duration_seconds',
    help: 'How long it took to commit a batch of the journal',
    buckets: COMMIT_SECONDS,
    registers: [this.registry],
  });

  private readonly commitFailures = new Counter({
    name: 'retrace_journal_commit_failures_total',
    help: 'Batches of the journal that could not be committed or confirmed, by what became of them',
    labelNames: ['result'],
    registers: [this.registry],
  });

  private readonly takeovers = new Counter({
    name: 'retrace_takeovers_total',
    help: 'Dead instances from which this one took over',
    registers: [this.registry],
  });

  /** Whoever listens to the feed by a connection of its own: `inc()` when it comes, `dec()` when it goes. */
  readonly feedClients: Pick<Gauge, 'inc' | 'dec'> = new Gauge({
    name: 'retrace_feed_clients',
    help: 'Clients that are connected to the feed of this instance',
    registers: [this.registry],
  });

  constructor() {
    for (const status of ENDED) this.ended.inc({ status }, 0);
    for (const result of COMMIT_FAILURES) this.commitFailures.inc({ result }, 0);
    this.addGauges();
  }

  /** Until it begins, what is asked for is nothing. */
  begin(source: GaugeSource): void {
    this.source = source;
  }

  /** An execution has ended, and its end is committed. */
  executionEnded(status: ExecutionStatus): void {
    this.ended.inc({ status });
  }

  /** A node has ended by itself, after so many ms. */
  nodeEnded(type: string, durationMs: number, hasFailed: boolean): void {
    this.nodeDurations.observe({ type, status: NODE_ENDS[Number(hasFailed)] }, durationMs / 1000);
  }

  /** This instance took over from one that is dead. */
  tookOver(): void {
    this.takeovers.inc();
  }

  /** Writes batches by `writer`, and measures that. */
  measured(writer: BatchWriter): BatchWriter {
    return {
      write: async (batch) => {
        const sentAt = performance.now();
        const result = await writer.write(batch);
        if (result.kind === 'committed') this.committed(batch, performance.now() - sentAt);
        else this.commitFailures.inc({ result: result.kind });
        return result;
      },
    };
  }

  /** All of it in Prometheus's text format, 0.0.4. */
  async text(): Promise<string> {
    return [await this.registry.metrics(), await processMetrics().metrics()].join('\n');
  }

  private committed({ entries }: Batch, ms: number): void {
    let events = 0;
    for (const { chunks } of entries) for (const { firstSeq, lastSeq } of chunks) events += lastSeq - firstSeq + 1;
    this.batchEvents.observe(events);
    this.commits.observe(ms / 1000);
  }

  private addGauges(): void {
    const active = new Gauge({
      name: 'retrace_executions_active',
      help: 'Executions in the memory of this instance, by status',
      labelNames: ['status'],
      registers: [this.registry],
      collect: () => {
        for (const status of ACTIVE) active.set({ status }, 0);
        for (const { state } of this.source?.executions() ?? []) {
          if (state.endedAt === undefined) active.inc({ status: state.status });
        }
      },
    });
    const characters = new Gauge({
      name: 'retrace_journal_queue_characters',
      help: 'Characters of events and log lines that wait for their batch; above QUEUE_LIMIT nothing new is started',
      registers: [this.registry],
      collect: () => {
        characters.set(this.source?.queuedCharacters() ?? 0);
      },
    });
    const queued = new Gauge({
      name: 'retrace_executions_queued',
      help: 'Executions that are due and wait for a place in memory, counted up to 10000: one figure for all instances',
      registers: [this.registry],
      collect: async () => {
        queued.remove();
        const count = await this.queuedExecutions();
        if (count !== undefined) queued.set(count);
      },
    });
  }

  /** Undefined when the database does not say. */
  private async queuedExecutions(): Promise<number | undefined> {
    let count: number | undefined;
    const asked = this.source?.queuedExecutions().then((found) => {
      count = found;
    });
    await atMost(DATABASE_MS, asked ?? Promise.resolve()).catch(() => undefined);
    return count;
  }
}
