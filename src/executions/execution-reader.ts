import { Injectable } from '@nestjs/common';
import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { invalidParams } from '../engine/errors.js';
import {
  attemptsBeyondJournal,
  buildRecord,
  type ExecutionRecord,
  type RunningAttempt,
} from '../engine/journal/execution-record.js';
import { nodeHistory, type IntentRecord, type RunRecord } from '../engine/journal/node-history.js';
import { limitRecord } from '../engine/journal/record-limit.js';
import { NodeRecords, type NodeRecord } from '../engine/journal/record-nodes.js';
import type { JsonValue } from '../engine/json.js';
import { progressOf, type Progress } from '../engine/progress/progress.js';
import { undoOfNode, type NodeUndo } from '../engine/recovery/undo-of-node.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { pageOffset, pagination, type Pagination } from '../http/pagination.js';
import { EventRepository } from '../repositories/event.repository.js';
import { NodeTimeHistory } from '../repositories/node-time-history.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { ActiveExecutions } from './active-executions.js';
import { type CancelPreview, previewCancel } from './cancel-preview.js';
import { Clock } from './clock.js';
import { executionNotFound, nodeNotFound } from './execution-not-found.js';
import { checkSeq } from './expected-seq.js';
import type { GetExecutionQuery } from './dto/get-execution.query.js';
import type { ListNodesQuery } from './dto/list-nodes.query.js';
import { Plans } from './plans.js';
import { UndoDescriptions } from './undo-descriptions.js';

/** One node with everything that the journal tells of it. */
export type NodeDetail = NodeRecord & {
  executionId: string;
  /** Of the last attempt that had one. */
  intent: IntentRecord | null;
  /** What the node saved for its next attempt. */
  checkpoint: JsonValue;
  /** What its undoing would do. */
  undo: NodeUndo;
  runs: RunRecord[];
};

/** An execution as it stands now. */
export interface Snapshot {
  plan: ExecutionPlan;
  /** Shared: to be read at once. */
  state: ExecutionState;
  running: RunningAttempt[];
}

/** What single executions look like, exactly: folded from their journals, with what runs at this moment. */
@Injectable()
export class ExecutionReader {
  constructor(
    private readonly folds: ExecutionFolds,
    private readonly journal: EventRepository,
    private readonly plans: Plans,
    private readonly active: ActiveExecutions,
    private readonly clock: Clock,
    private readonly history: NodeTimeHistory,
    private readonly descriptions: UndoDescriptions,
  ) {}

  /** @throws EngineError NOT_FOUND; INVALID_PARAMS when the execution has no event `atSeq` yet */
  async record(executionId: string, { nodes, atSeq }: GetExecutionQuery = {}): Promise<ExecutionRecord> {
    const snapshot = atSeq === undefined ? await this.snapshot(executionId) : await this.past(executionId, atSeq);
    return buildRecord({ executionId, ...snapshot, now: this.clock.now(), light: nodes === 'light' });
  }

  /** @throws EngineError NOT_FOUND */
  async progress(executionId: string): Promise<{ executionId: string } & Progress> {
    const state = await this.state(executionId);
    return this.progressAt(executionId, await this.plans.of(state), state);
  }

  /** The progress of a state under its plan, with what is driven here at this moment. */
  async progressAt(
    executionId: string,
    plan: ExecutionPlan,
    state: ExecutionState,
  ): Promise<{ executionId: string } & Progress> {
    const history = await this.history.of(plan.workflowId);
    const driven = this.active.driven(executionId);
    return { executionId, ...progressOf({ plan, state, now: this.clock.now(), driven, history }) };
  }

  /** @throws EngineError NOT_FOUND */
  async nodes(
    executionId: string,
    query: ListNodesQuery,
  ): Promise<{ executionId: string; nodes: NodeRecord[]; pagination: Pagination }> {
    const { plan, state, running } = await this.snapshot(executionId);
    const records = new NodeRecords(plan, state, attemptsBeyondJournal(plan, state, running));
    const { status } = query;
    const wanted =
      status === undefined ? plan.nodes : plan.nodes.filter((node) => records.of(node, true).status === status);
    const offset = pageOffset(query);
    const shown = wanted.slice(offset, offset + query.pageSize).map((node) => records.of(node, false));
    return { executionId, ...limitRecord({ nodes: shown }), pagination: pagination(query, wanted.length) };
  }

  /** @throws EngineError NOT_FOUND for the execution and for the node */
  async node(executionId: string, nodeId: string): Promise<NodeDetail> {
    const runs = nodeHistory(await this.journal.ofNode(executionId, nodeId));
    const { plan, state, running } = await this.snapshot(executionId);
    const node = plan.byId.get(nodeId);
    if (!node) throw nodeNotFound(executionId, nodeId);
    const record = new NodeRecords(plan, state, attemptsBeyondJournal(plan, state, running)).of(node, false);
    const intents = runs.flatMap(({ attempts }) => attempts.flatMap(({ intent }) => intent ?? []));
    const nodeState = state.nodes.get(nodeId);
    const checkpoint = nodeState?.checkpoint ?? null;
    const step = { nodeId, run: record.run, ...undoOfNode(node, nodeState) };
    const [{ action, description, warnings } = step] = await this.descriptions.of(executionId, state.seq, [step]);
    const undo = { action, description, warnings };
    return { executionId, ...record, intent: intents.at(-1) ?? null, checkpoint, undo, runs };
  }

  /**
   * What a cancellation would do now.
   * @throws EngineError NOT_FOUND; INVALID_TRANSITION or CONFLICT when the execution cannot be cancelled
   */
  async cancelPreview(executionId: string, rollback: boolean, ifMatchSeq?: number): Promise<CancelPreview> {
    const snapshot = await this.snapshot(executionId);
    checkSeq(snapshot.state.seq, ifMatchSeq);
    const preview = previewCancel(snapshot, rollback, this.clock.now());
    if (!preview.plan) return preview;
    const steps = await this.descriptions.of(executionId, preview.plan.seq, preview.plan.steps);
    return { ...preview, plan: { ...preview.plan, steps } };
  }

  /** @throws EngineError NOT_FOUND */
  async snapshot(executionId: string): Promise<Snapshot> {
    const state = await this.state(executionId);
    const plan = await this.plans.of(state);
    // Meanwhile it may have gone on under another revision.
    if (plan.revision !== state.revision) return this.snapshot(executionId);
    return { plan, state, running: this.active.running(executionId) };
  }

  private async state(executionId: string): Promise<ExecutionState> {
    const state = await this.folds.load(executionId);
    if (!state) throw executionNotFound(executionId);
    return state;
  }

  private async past(executionId: string, seq: number): Promise<Omit<Snapshot, 'running'>> {
    const state = await this.folds.loadAt(executionId, seq);
    if (!state) throw executionNotFound(executionId);
    if (state.seq < seq) {
      throw invalidParams([{ field: 'atSeq', message: `atSeq must be at most ${state.seq}, the newest event` }]);
    }
    return { plan: await this.plans.of(state), state };
  }
}
