import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { Database } from './database.js';
import { takeGone } from './gone-instances.js';

/** What to add to a workflow's counters. Times are ms. */
export interface UsageDelta {
  workflowId: string;
  used: number;
  completed: number;
  failed: number;
  /** Of the completed ones. */
  durationSum: number;
  /** Epoch ms; 0: no execution was created. */
  lastExecutedAt: number;
}

const ADD_TO_STORED = `ON CONFLICT (workflow_id, instance_id) DO UPDATE SET
  used = w.used + excluded.used, completed = w.completed + excluded.completed, failed = w.failed + excluded.failed,
  duration_sum = w.duration_sum + excluded.duration_sum,
  last_executed_at = greatest(w.last_executed_at, excluded.last_executed_at)`;

/** The counters of workflows, one row an instance, so that instances never wait for each other. */
@Injectable()
export class UsageRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** Adds deltas, which come in order of their workflow's id. */
  async add(instanceId: string, deltas: readonly UsageDelta[]): Promise<void> {
    await this.pool.query({
      name: 'usage_add',
      text: `INSERT INTO workflow_usage AS w (workflow_id, instance_id, used, completed, failed, duration_sum, last_executed_at)
             SELECT u.workflow_id, $1, u.used, u.completed, u.failed, u.duration_sum, nullif(u.last_executed_at, 0)
             FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[])
               AS u(workflow_id, used, completed, failed, duration_sum, last_executed_at)
             ${ADD_TO_STORED}`,
      values: [
        instanceId,
        deltas.map(({ workflowId }) => workflowId),
        deltas.map(({ used }) => used),
        deltas.map(({ completed }) => completed),
        deltas.map(({ failed }) => failed),
        deltas.map(({ durationSum }) => Math.round(durationSum)),
        deltas.map(({ lastExecutedAt }) => lastExecutedAt),
      ],
    });
  }

  /** Puts the rows of instances that are gone into one. */
  async foldGone(): Promise<void> {
    await this.pool.query(
      `${takeGone('workflow_usage')}
       INSERT INTO workflow_usage AS w (workflow_id, instance_id, used, completed, failed, duration_sum, last_executed_at)
       SELECT workflow_id, '', sum(used), sum(completed), sum(failed), sum(duration_sum), max(last_executed_at)
       FROM gone GROUP BY workflow_id
       ${ADD_TO_STORED}`,
    );
  }
}
