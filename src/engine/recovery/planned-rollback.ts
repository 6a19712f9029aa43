import type { Effect } from '../ports.js';

/** What a rollback would do about one node. */
export type UndoAction = 'compensate' | 'nothing-to-do' | 'cannot' | 'unknown';

/** What is undone of what came after the target: all of it, or only what depends on the target. */
export const ROLLBACK_SCOPES = ['after', 'dependants'] as const;

export type RollbackScope = (typeof ROLLBACK_SCOPES)[number];

/** Where a rollback goes back to. */
export interface RollbackTarget {
  /** Null: to the very start. */
  targetNodeId: string | null;
  scope: RollbackScope;
}

/** What is done about one node. */
export interface RollbackStep {
  /** From 1, in the order of undoing. */
  order: number;
  nodeId: string;
  nodeName: string;
  nodeType: string;
  /** The run that is undone. */
  run: number;
  effect: Effect;
  action: UndoAction;
  /** In a few words, for a person. */
  description: string;
  /** Epoch ms; null for a node that has not completed. */
  completedAt: number | null;
  /** What somebody has to accept before. */
  warnings: string[];
}

/** What a rollback does, as it is shown before and journaled at its begin. */
export interface RollbackPlan extends RollbackTarget {
  /** The same for two plans that do the same. */
  hash: string;
  /** Of the last event that it knows of. */
  seq: number;
  /** In the order of undoing. */
  steps: RollbackStep[];
  warnings: string[];
  /** In the order of the graph: every node that is pending again in the end, with the run that it will have. */
  reset: { nodeId: string; run: number }[];
}
