import { isJsonObject } from '../json.js';
import { maskText } from '../mask-secrets.js';
import type { PlanNode } from '../definition/execution-plan.js';
import type { NodeType } from '../ports.js';
import { hasOpenIntent, type NodeState } from '../state/execution-state.js';
import type { UndoAction } from './planned-rollback.js';

/** What a rollback would do about one node. */
export interface NodeUndo {
  /**
   * `compensate`: its handler runs. `nothing-to-do`: it has changed nothing outside. `cannot`: it has, and there is no
   * compensation. `unknown`: nobody knows whether it has.
   */
  action: UndoAction;
  /** In a few words, for a person. */
  description: string;
  /** What somebody has to accept before it is rolled back. */
  warnings: string[];
}

/** Whether a type can undo what a node did: one that has parameters for it needs them, another one undoes by itself. */
export function hasCompensation(type: NodeType | undefined, rollback: unknown): boolean {
  return type?.rollback !== undefined && (type.rollbackSchema === undefined || rollback !== undefined);
}

/** What undoing a node would do, as it stands by the journal; a node that the journal does not name has not run. */
export function undoOfNode(node: PlanNode, state: NodeState | undefined): NodeUndo {
  if (!state) return nothing('It has not run');
  if (state.rolledBackAt !== undefined && state.status === 'pending') return nothing('It is rolled back already');
  // A type that this server no longer has counts as pure; the intent tells that it acted.
  if (node.effect === 'pure' && state.key === undefined) return nothing('It changes nothing outside');
  if (state.cached) return nothing('It did not act: it gave what an earlier one gave');
  if (state.outcome === 'unknown' || state.isInDoubt)
    return unknown(node, 'Nobody knows whether its last attempt happened');
  if (node.effect !== 'idempotent' && hasOpenIntent(state)) return unknown(node, 'It runs, and may be acting now');
  if (state.status !== 'completed') return nothing(NOT_DONE[state.status]);
  return undoOfCompleted(node, state);
}

const NOT_DONE = {
  pending: 'It has not run',
  running: 'It has changed nothing outside so far',
  failed: 'It failed without having changed anything outside',
  skipped: 'It was skipped',
};

function undoOfCompleted(node: PlanNode, { config, outputs, key }: NodeState): NodeUndo {
  const committed = outputs?.committed;
  const isExternal = node.effect === 'external' || key !== undefined;
  if (isExternal && (committed === false || hasChangedNothing(node.type, config))) {
    return nothing('It only read');
  }
  if (hasCompensation(node.type, node.rollback)) {
    return { action: 'compensate', description: compensationOf(node), warnings: [] };
  }
  if (!isExternal && committed !== true) return nothing('It changes nothing that has to be undone');
  const warning = `"${node.name}" has acted outside and has no compensation: its effect stays`;
  return { action: 'cannot', description: 'Its effect stays: it has no compensation', warnings: [warning] };
}

/** By the config that it acted with; one that was too large to be kept, or is not there, tells nothing. */
function hasChangedNothing(type: NodeType, config: NodeState['config']): boolean {
  if (!isJsonObject(config) || config.truncated === true) return false;
  return type.changesNothing?.(config) ?? false;
}

function unknown(node: PlanNode, why: string): NodeUndo {
  const warning = `"${node.name}" has an unknown outcome: look whether it happened before it is undone`;
  const compensation = hasCompensation(node.type, node.rollback) ? `; under force: ${compensationOf(node)}` : '';
  return { action: 'unknown', description: `${why}${compensation}`, warnings: [warning] };
}

function compensationOf({ type, rollback }: PlanNode): string {
  const described = type.describeRollback?.(rollback ?? {});
  return (described && maskText(described)) || `The handler of "${type.name}" undoes it`;
}

function nothing(description: string): NodeUndo {
  return { action: 'nothing-to-do', description, warnings: [] };
}
