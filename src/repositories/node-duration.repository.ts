import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DurationHistogram } from '../engine/progress/duration-histogram.js';
import { Database } from './database.js';
import { takeGone } from './gone-instances.js';
import { storableText } from './storable-text.js';

/** How often a node has ended, and how long it took when it did not fail. */
export interface NodeDurationSum {
  /** Failures too. */
  count: number;
  failures: number;
  /** ms: of all durations in the histogram. */
  durationSum: number;
  histogram: DurationHistogram;
}

/** What to add to the sums of a workflow's nodes. */
export interface NodeDurationDelta {
  workflowId: string;
  nodes: ReadonlyMap<string, NodeDurationSum>;
}

/** By node id; the ids are those that a column can hold (storableText). */
export type NodeDurationSums = ReadonlyMap<string, NodeDurationSum>;

interface Row {
  workflowId: string;
  nodeId: string;
  count: number;
  failures: number;
  durationSum: number;
  /** As JSON. */
  histogram: string;
}

/** Histograms are added step by step; of two lengths the shorter one is filled up with nulls. */
const ADD_TO_STORED = `ON CONFLICT (workflow_id, node_id, instance_id) DO UPDATE SET
  count = d.count + excluded.count, failures = d.failures + excluded.failures, duration_sum = d.duration_sum + excluded.duration_sum,
  histogram = ARRAY(
    SELECT coalesce(a, 0) + coalesce(b, 0)
    FROM unnest(d.histogram, excluded.histogram) WITH ORDINALITY AS h(a, b, step) ORDER BY step)`;

/** How long nodes take: one row a node and instance, so that instances never wait for each other. */
@Injectable()
export class NodeDurationRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  async add(instanceId: string, deltas: readonly NodeDurationDelta[]): Promise<void> {
    const rows = deltas.flatMap(({ workflowId, nodes }) =>
      [...byStorableId(nodes)].map(([nodeId, sum]) => ({ workflowId, nodeId, ...sum })),
    );
    await this.pool.query({
      name: 'node_durations_add',
      text: `INSERT INTO node_durations AS d (workflow_id, node_id, instance_id, count, failures, duration_sum, histogram)
             SELECT u.workflow_id, u.node_id, $1, u.count, u.failures, u.duration_sum, u.histogram::bigint[]
             FROM unnest($2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::text[])
               AS u(workflow_id, node_id, count, failures, duration_sum, histogram)
             ${ADD_TO_STORED}`,
      values: [
        instanceId,
        rows.map(({ workflowId }) => workflowId),
        rows.map(({ nodeId }) => nodeId),
        rows.map(({ count }) => count),
        rows.map(({ failures }) => failures),
        rows.map(({ durationSum }) => Math.round(durationSum)),
        rows.map(({ histogram }) => `{${histogram.counts.join(',')}}`),
      ],
    });
  }

  /** The sums of all instances, by workflow and node. */
  async ofWorkflows(workflowIds: readonly string[]): Promise<ReadonlyMap<string, NodeDurationSums>> {
    const { rows } = await this.pool.query<Row>({
      name: 'node_durations_of',
      text: `SELECT workflow_id AS "workflowId", node_id AS "nodeId", count, failures, duration_sum AS "durationSum",
               array_to_json(histogram)::text AS histogram
             FROM node_durations WHERE workflow_id = ANY($1)`,
      values: [workflowIds],
    });
    const workflows = new Map<string, Map<string, NodeDurationSum>>();
    for (const { workflowId, nodeId, histogram, ...sums } of rows) {
      const nodes = workflows.get(workflowId) ?? new Map<string, NodeDurationSum>();
      workflows.set(workflowId, nodes);
      addTo(nodes, nodeId, { ...sums, histogram: new DurationHistogram(JSON.parse(histogram) as number[]) });
    }
    return workflows;
  }

  /** Puts the rows of instances that are gone into one. */
  async foldGone(): Promise<void> {
    await this.pool.query(
      `${takeGone('node_durations')}, sums AS (
         SELECT workflow_id, node_id, sum(count) AS count, sum(failures) AS failures, sum(duration_sum) AS duration_sum
         FROM gone GROUP BY workflow_id, node_id
       ), steps AS (
         SELECT workflow_id, node_id, step, sum(times) AS times FROM gone, unnest(histogram) WITH ORDINALITY AS h(times, step)
         GROUP BY workflow_id, node_id, step
       ), histograms AS (
         SELECT workflow_id, node_id, array_agg(times::bigint ORDER BY step) AS histogram FROM steps
         GROUP BY workflow_id, node_id
       )
       INSERT INTO node_durations AS d (workflow_id, node_id, instance_id, count, failures, duration_sum, histogram)
       SELECT workflow_id, node_id, '', count, failures, duration_sum, coalesce(histogram, ARRAY[]::bigint[])
       FROM sums LEFT JOIN histograms USING (workflow_id, node_id)
       ${ADD_TO_STORED}`,
    );
  }
}

/** Ids that differ only in what a column cannot hold share a row. */
function byStorableId(nodes: ReadonlyMap<string, NodeDurationSum>): Map<string, NodeDurationSum> {
  const sums = new Map<string, NodeDurationSum>();
  for (const [nodeId, more] of nodes) addTo(sums, storableText(nodeId), more);
  return sums;
}

function addTo(sums: Map<string, NodeDurationSum>, nodeId: string, more: NodeDurationSum): void {
  const sum = sums.get(nodeId);
  if (!sum) {
    sums.set(nodeId, more);
    return;
  }
  const histogram = new DurationHistogram(sum.histogram.counts);
  histogram.merge(more.histogram.counts);
  sums.set(nodeId, {
    count: sum.count + more.count,
    failures: sum.failures + more.failures,
    durationSum: sum.durationSum + more.durationSum,
    histogram,
  });
}
