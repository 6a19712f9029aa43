import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ServerState } from '../config/server-state.js';
import { findRollback, type RollbackRequest } from '../engine/recovery/decide-rollback.js';
import { plannedAnswer, type RollbackAnswer, rollbackAnswer } from '../engine/recovery/rollback-answer.js';
import { rollbackPoints, type RollbackPoint } from '../engine/recovery/rollback-points.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { ActiveExecutions } from '../executions/active-executions.js';
import { executionNotFound, nodeNotFound } from '../executions/execution-not-found.js';
import { ExecutionReader, type Snapshot } from '../executions/execution-reader.js';
import { type CommandOptions, ExecutionsService } from '../executions/executions.service.js';
import { checkSeq } from '../executions/expected-seq.js';
import { UndoDescriptions } from '../executions/undo-descriptions.js';
import { pageOffset, type PageQuery } from '../http/pagination.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';

/** How long a rollback is waited for. */
const WAIT_MS = 30_000;
/** How often the journal of an execution is looked at that another instance drives. */
const LOOK_EVERY_MS = 200;

export interface RollbackPointList {
  executionId: string;
  rollbackPoints: RollbackPoint[];
  /** Of all pages. */
  count: number;
}

export interface RollbackOptions extends CommandOptions {
  actor?: string;
  reason?: string;
  /** Answer as soon as it has begun. */
  respondAsync?: boolean;
  /** Who asked is gone. */
  hungUp?: AbortSignal;
}

/** Shows what a rollback would undo, and has it undone by whoever drives the execution. */
@Injectable()
export class RollbackManager {
  /** How long a rollback is waited for, in ms; it goes on all the same. */
  waitMs = WAIT_MS;

  constructor(
    private readonly folds: ExecutionFolds,
    private readonly reader: ExecutionReader,
    private readonly executions: ExecutionsService,
    private readonly active: ActiveExecutions,
    private readonly server: ServerState,
    private readonly descriptions: UndoDescriptions,
  ) {}

  /**
   * The nodes to which the execution can be rolled back, the oldest first.
   * @throws EngineError NOT_FOUND
   */
  async getAvailableRollbackPoints(executionId: string, query: PageQuery): Promise<RollbackPointList> {
    const { plan, state } = await this.reader.snapshot(executionId);
    const { points, total } = rollbackPoints(plan, state, { offset: pageOffset(query), limit: query.pageSize });
    return { executionId, rollbackPoints: points, count: total };
  }

  /**
   * What the rollback would do; nothing is changed. Warnings are no reason to refuse it.
   * @throws EngineError NOT_FOUND for the execution and the target; CONFLICT, INVALID_TRANSITION, PLAN_CHANGED
   */
  async validateRollback(executionId: string, request: RollbackRequest, ifMatchSeq?: number): Promise<RollbackAnswer> {
    const { plan, state } = await this.look(executionId, request);
    checkSeq(state.seq, ifMatchSeq);
    return this.described(executionId, plannedAnswer(findRollback(plan, state, request).plan));
  }

  /**
   * Rolls back, and waits for the end for up to 30 s. The same call while it is in progress waits again, and goes on with
   * one that stopped.
   * @throws EngineError as {@link validateRollback} does; ROLLBACK_UNSAFE for warnings without force; SERVICE_UNAVAILABLE
   */
  async rollback(
    executionId: string,
    request: RollbackRequest,
    { actor, reason, respondAsync, hungUp, ...options }: RollbackOptions = {},
  ): Promise<RollbackAnswer> {
    await this.look(executionId, request);
    const deadline = performance.now() + (respondAsync ? 0 : this.waitMs);
    const seq = await this.executions.command(executionId, { kind: 'rollback', ...request, actor, reason }, options);
    const signal = hungUp ? AbortSignal.any([hungUp, this.server.stopping]) : this.server.stopping;
    const state = await this.waitForEnd(executionId, deadline, signal);
    // With a key the answer is the same each time: that of the end which the command led to.
    const shown = options.idempotencyKey === undefined ? state : await this.firstEndAfter(executionId, seq);
    const rollback = shown?.rollbacks.at(-1);
    if (!rollback) throw executionNotFound(executionId);
    return this.described(executionId, rollbackAnswer(rollback));
  }

  private async described(executionId: string, answer: RollbackAnswer): Promise<RollbackAnswer> {
    const { plan } = answer;
    const steps = await this.descriptions.of(executionId, plan.seq, plan.steps);
    return { ...answer, plan: { ...plan, steps } };
  }

  private async look(executionId: string, { targetNodeId }: RollbackRequest): Promise<Snapshot> {
    const snapshot = await this.reader.snapshot(executionId);
    const isThere = targetNodeId === null || snapshot.plan.byId.has(targetNodeId);
    if (!isThere) throw nodeNotFound(executionId, targetNodeId);
    return snapshot;
  }

  /** As it stands when the rollback has ended, or at the deadline (on the monotonic clock). */
  private async waitForEnd(executionId: string, deadline: number, signal: AbortSignal): Promise<ExecutionState> {
    for (;;) {
      const state = await this.folds.load(executionId);
      if (!state) throw executionNotFound(executionId);
      const leftMs = deadline - performance.now();
      if (!isInProgress(state) || leftMs <= 0 || signal.aborted) return state;
      await this.nextLook(executionId, leftMs, signal);
    }
  }

  /** Here it leaves memory when it has ended; of another instance the journal tells. */
  private async nextLook(executionId: string, leftMs: number, signal: AbortSignal): Promise<void> {
    const active = this.active.get(executionId);
    const done = new AbortController();
    const ms = active ? leftMs : Math.min(leftMs, LOOK_EVERY_MS);
    const late = delay(ms, undefined, { signal: AbortSignal.any([signal, done.signal]) }).catch(() => undefined);
    await (active ? Promise.race([active.left, late]) : late);
    done.abort();
  }

  private async firstEndAfter(executionId: string, seq: number): Promise<ExecutionState | undefined> {
    let end: number | undefined;
    await this.folds.replay(executionId, Infinity, (event, state) => {
      if (end === undefined && event.seq >= seq && !isInProgress(state)) end = event.seq;
    });
    return this.folds.loadAt(executionId, end ?? Infinity);
  }
}

function isInProgress({ rollbacks }: ExecutionState): boolean {
  return rollbacks.at(-1)?.status === 'in-progress';
}
