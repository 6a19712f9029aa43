import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import type { RunningAttempt } from '../engine/journal/execution-record.js';
import type { JsonObject } from '../engine/json.js';
import type { ExecutionState } from '../engine/state/execution-state.js';

/** What the feed needs of executions; handed over when they begin. */
export interface FeedSource {
  /** Epoch ms by the database's clock. */
  now(): number;
  /** @throws EngineError NOT_FOUND */
  plan(workflowId: string, revision: number): Promise<ExecutionPlan>;
  /** The record with light nodes, `progress` and `seq`, all of one moment. @throws EngineError NOT_FOUND */
  snapshot(executionId: string): Promise<JsonObject & { seq: number }>;
  /** What GET /executions/:id/progress answers; `state` is read when all else is there, and never changed. */
  progress(executionId: string, plan: ExecutionPlan, state: ExecutionState): Promise<JsonObject>;
  /** The executions that this process drives. */
  driven(): Iterable<string>;
  /** The attempts that run now in one of these. */
  running(executionId: string): RunningAttempt[];
}
