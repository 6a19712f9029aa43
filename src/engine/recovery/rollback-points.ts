import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { limitRecord } from '../journal/record-limit.js';
import type { CheckpointRecord } from '../journal/record-checkpoints.js';
import { variablesBySeq } from '../journal/variables-by-seq.js';
import type { ExecutionState } from '../state/execution-state.js';
import { touchedAt } from './affected-nodes.js';
import { undoOfNode } from './undo-of-node.js';

/** So many warnings of a point are shown; the plan has them all. */
const MOST_WARNINGS = 20;

/** A completed node, to which the execution can be rolled back. */
export interface RollbackPoint extends Omit<CheckpointRecord, 'label' | 'state'> {
  state: Pick<CheckpointRecord['state'], 'variables' | 'outputs'>;
  nodeName: string;
  /** Whether a rollback to it is taken now. */
  canRollback: boolean;
  /** Why not. */
  reason?: string;
  /** True without warnings: no force is needed. */
  safe: boolean;
  /** The first 20, the newest node's first. */
  warnings: string[];
}

/** Some of the nodes that have completed, the oldest first, and how many there are. */
export function rollbackPoints(
  plan: ExecutionPlan,
  state: ExecutionState,
  page: { offset: number; limit: number },
): { points: RollbackPoint[]; total: number } {
  const seqOf = ({ id }: PlanNode) => state.nodes.get(id)?.endSeq ?? 0;
  const completed = plan.nodes
    .filter(({ id }) => state.nodes.get(id)?.status === 'completed')
    .sort((one, other) => seqOf(one) - seqOf(other));
  const shown = completed.slice(page.offset, page.offset + page.limit);
  const variablesAt = variablesBySeq(state, new Set(shown.map(seqOf)));
  const warned = warningsByNewest(plan, state);
  const points = shown.map((node): RollbackPoint => {
    const seq = seqOf(node);
    const { endTime = state.createdAt, outputs = {} } = state.nodes.get(node.id) ?? {};
    const warnings = warned.filter((each) => each.seq > seq).flatMap((each) => each.warnings);
    const reason = whyNot(state, node.id);
    return {
      nodeId: node.id,
      nodeName: node.name,
      timestamp: endTime,
      state: { variables: variablesAt.get(seq) ?? {}, outputs },
      canRollback: reason === undefined,
      ...(reason !== undefined && { reason }),
      safe: warnings.length === 0,
      warnings: shortened(warnings),
    };
  });
  limitRecord({ nodes: [], checkpoints: points });
  return { points, total: completed.length };
}

function warningsByNewest(plan: ExecutionPlan, state: ExecutionState): { seq: number; warnings: string[] }[] {
  return plan.nodes
    .flatMap((node) => {
      const nodeState = state.nodes.get(node.id);
      const seq = touchedAt(nodeState);
      const { warnings } = undoOfNode(node, nodeState);
      return seq === undefined || warnings.length === 0 ? [] : [{ seq, warnings }];
    })
    .sort((one, other) => other.seq - one.seq);
}

function shortened(warnings: string[]): string[] {
  if (warnings.length <= MOST_WARNINGS) return warnings;
  return [...warnings.slice(0, MOST_WARNINGS), `… and ${warnings.length - MOST_WARNINGS} more`];
}

/** What about the execution keeps it from being rolled back to the node; undefined: nothing. */
function whyNot({ status, activity, rollbacks }: ExecutionState, nodeId: string): string | undefined {
  if (activity === 'rollback-stopped' && rollbacks.at(-1)?.targetNodeId === nodeId) return undefined;
  if (activity !== null) return `The execution is ${activity}`;
  if (status === 'running') return 'The execution is running: pause it first';
  return status === 'pending' ? 'The execution has not begun' : undefined;
}
