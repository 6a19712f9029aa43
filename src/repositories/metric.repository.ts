import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { metricSample, type MetricSample } from '../engine/journal/metric-sample.js';
import { Database } from './database.js';

export interface MetricRow {
  executionId: string;
  sample: MetricSample;
}

/** Rows of an execution that are to stand at least `spacing` ms apart. */
export interface RowsToThin {
  executionId: string;
  spacing: number;
}

/** What comes of several samples. */
export interface SampleTotals {
  samples: number;
  /** Of their CPU, in percent. */
  cpuSum: number;
  /** Bytes; 0 without samples. */
  memoryPeak: number;
}

/** Epoch ms, both inclusive. */
export interface MetricRange {
  from: number;
  to: number;
}

interface Row {
  timestamp: number;
  duration: number;
  memory_used: number;
  memory_total: number;
  bytes_received: number;
  bytes_sent: number;
  request_count: number;
  cpu_user: number;
  cpu_system: number;
  throughput: number;
}

/** What was measured while executions ran; the sample at an end is in the execution's journal. */
@Injectable()
export class MetricRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /**
   * Adds a row for each execution that the instance still holds. Their rows are locked against deletion meanwhile, so that
   * a deletion, which looks once more when it is done, leaves nothing behind.
   */
  async add(instanceId: string, rows: readonly MetricRow[]): Promise<void> {
    await this.pool.query({
      name: 'execution_metrics_add',
      text: `INSERT INTO execution_metrics
             SELECT m.* FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[],
               $9::int4[], $10::float4[], $11::float4[], $12::float4[]) AS m(execution_id)
             JOIN executions e ON e.id = m.execution_id WHERE e.owner = $1
             FOR KEY SHARE OF e
             ON CONFLICT DO NOTHING`,
      values: [instanceId, rows.map(({ executionId }) => executionId), ...columnsOf(rows.map(({ sample }) => sample))],
    });
  }

  /** Keeps the first row of each stretch of `spacing` ms since the start. */
  async thin(all: readonly RowsToThin[]): Promise<void> {
    await this.pool.query(
      `DELETE FROM execution_metrics m USING (
         SELECT execution_id, timestamp,
           row_number() OVER (PARTITION BY execution_id, duration / t.spacing ORDER BY timestamp) AS place
         FROM unnest($1::text[], $2::int8[]) AS t(execution_id, spacing) JOIN execution_metrics USING (execution_id)
       ) s WHERE m.execution_id = s.execution_id AND m.timestamp = s.timestamp AND s.place > 1`,
      [all.map(({ executionId }) => executionId), all.map(({ spacing }) => spacing)],
    );
  }

  /** The oldest first. */
  async list(executionId: string, { from, to }: MetricRange): Promise<MetricSample[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'execution_metrics_list',
      text: `SELECT timestamp, duration, memory_used, memory_total, bytes_received, bytes_sent, request_count,
               cpu_user, cpu_system, throughput
             FROM execution_metrics
             WHERE execution_id = $1 AND timestamp BETWEEN $2 AND $3 ORDER BY timestamp`,
      values: [executionId, from, to],
    });
    return rows.map(sampleOf);
  }

  /** Of all rows of an execution. */
  async totals(executionId: string): Promise<SampleTotals> {
    const { rows } = await this.pool.query<SampleTotals>({
      name: 'execution_metrics_totals',
      text: `SELECT count(*) AS samples, coalesce(sum(cpu_user::float8 + cpu_system), 0) AS "cpuSum",
               coalesce(max(memory_used), 0) AS "memoryPeak"
             FROM execution_metrics WHERE execution_id = $1`,
      values: [executionId],
    });
    return rows[0] ?? { samples: 0, cpuSum: 0, memoryPeak: 0 };
  }
}

/** In the order of the table. */
function columnsOf(samples: readonly MetricSample[]): number[][] {
  return [
    samples.map(({ timestamp }) => timestamp),
    samples.map(({ duration }) => duration),
    samples.map(({ memory }) => memory.used),
    samples.map(({ memory }) => memory.total),
    samples.map(({ network }) => network.bytesReceived),
    samples.map(({ network }) => network.bytesSent),
    samples.map(({ network }) => network.requestCount),
    samples.map(({ cpu }) => cpu.user),
    samples.map(({ cpu }) => cpu.system),
    samples.map(({ throughput }) => throughput),
  ];
}

function sampleOf(row: Row): MetricSample {
  const { timestamp, duration, throughput, bytes_received: bytesReceived, bytes_sent: bytesSent } = row;
  const measurement = {
    cpu: { user: row.cpu_user, system: row.cpu_system },
    memory: { used: row.memory_used, total: row.memory_total },
    throughput,
  };
  const network = { bytesReceived, bytesSent, requestCount: row.request_count };
  return metricSample(measurement, { timestamp, duration, network });
}
