import type { ExecutionPlan } from '../definition/execution-plan.js';
import { progressShare } from '../progress/progress.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { Trigger } from './events.js';
import { activityNow, errorRecord, statsOf, timesOf, type ExecutionRecord } from './execution-record.js';
import { summarize } from './summary.js';

/** What a row has as the record has it. */
type SharedField =
  | 'id'
  | 'workflowId'
  | 'workflowName'
  | 'workflowVersion'
  | 'workflowRevision'
  | 'status'
  | 'activity'
  | 'attention'
  | 'seq'
  | 'startTime'
  | 'endTime'
  | 'duration'
  | 'labels'
  | 'priority'
  | 'stats'
  | 'error'
  | 'createdAt'
  | 'updatedAt';

/** An execution in a list: the record without its large parts, with what a list shows beside it. */
export interface ExecutionRow extends Pick<ExecutionRecord, SharedField> {
  /** Without its data. */
  trigger: Pick<Trigger, 'type' | 'userId' | 'userName'>;
  /** 0..1 */
  progress: number;
  /** One line: the error, or what it waits for. */
  summary: string | null;
}

/** The row of an execution as its journal stands; `now` (epoch ms) tells a scheduled one from a queued one. */
export function executionRow(
  executionId: string,
  plan: ExecutionPlan,
  state: ExecutionState,
  now: number,
): ExecutionRow {
  const { counts, trigger } = state;
  const { attention, summary } = summarize(plan, state);
  return {
    id: executionId,
    workflowId: state.workflowId,
    workflowName: state.workflowName,
    workflowVersion: plan.version,
    workflowRevision: state.revision,
    status: state.status,
    activity: activityNow(state, now),
    attention,
    seq: state.seq,
    ...timesOf(state),
    trigger: { type: trigger.type, userId: trigger.userId, userName: trigger.userName },
    labels: state.labels,
    priority: state.priority,
    stats: statsOf(plan.nodes.length, counts),
    progress: progressShare(state.status, plan.nodes.length, counts.completed + counts.skipped),
    summary,
    error: state.error ? errorRecord(state.error) : null,
    createdAt: state.createdAt,
    updatedAt: state.timestamp,
  };
}
