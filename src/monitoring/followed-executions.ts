import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { EngineError } from '../engine/errors.js';
import type { NumberedEvent } from '../engine/journal/events.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { isEnded } from '../engine/state/transitions.js';
import { foldOne, type ExecutionFolds } from '../repositories/execution-folds.js';
import type { FeedSource } from './feed-source.js';

/** What an event takes in memory for each character of its text, about. */
const MEMORY_FACTOR = 2;
/** Of a fold without outputs. */
const LEAST_BYTES = 4096;
/** Journals that are read at once: the API needs connections too. */
const READ_AT_ONCE = 4;

/** An execution as far as its events were sent. */
export interface FollowedExecution {
  readonly executionId: string;
  /** Carried on in place; undefined before the first event. */
  state: ExecutionState | undefined;
  /** Of the revision that the state names. */
  plan: ExecutionPlan | undefined;
  bytes: number;
}

/** Events of one execution that are about to be sent. */
export interface ComingEvents {
  executionId: string;
  events: readonly NumberedEvent[];
  /** Length of their text. */
  chars: number;
}

/**
 * The executions whose events one reader sends, each folded up to what was sent: carried on by what is sent next, read from
 * the journal when one is not here (any more). The least used go first when they take more than `limit` bytes together.
 */
export class FollowedExecutions {
  private readonly kept = new Map<string, FollowedExecution>();
  private readonly plans = new Map<string, ExecutionPlan>();
  private keptBytes = 0;

  constructor(
    private readonly folds: ExecutionFolds,
    private readonly source: FeedSource,
    private readonly limit: number,
  ) {}

  get(executionId: string): FollowedExecution | undefined {
    return this.kept.get(executionId);
  }

  /** Brings everything here that sending these events needs, so that {@link apply} need not wait. */
  async prepare(coming: readonly ComingEvents[]): Promise<void> {
    const first = new Map<string, number>();
    for (const { executionId, events } of coming) {
      const seq = events[0]?.seq;
      if (seq !== undefined && !first.has(executionId)) first.set(executionId, seq);
    }
    await this.readMissing([...first].filter(([id, seq]) => (this.kept.get(id)?.state?.seq ?? 0) !== seq - 1));
    await this.readPlans(coming);
  }

  /** Carries an execution on by one event; undefined where its journal is gone. */
  apply(executionId: string, numbered: NumberedEvent): { plan: ExecutionPlan; state: ExecutionState } | undefined {
    const followed = this.kept.get(executionId) ?? this.keep(executionId, undefined);
    if ((followed.state?.seq ?? 0) !== numbered.seq - 1) return undefined;
    const state = foldOne(followed.state, numbered);
    followed.state = state;
    if (followed.plan?.revision !== state.revision) followed.plan = this.plans.get(planKey(state));
    return followed.plan && { plan: followed.plan, state };
  }

  /** Everything of a portion was sent: what has ended, and what is too much, is let go. */
  settle(coming: readonly ComingEvents[]): void {
    for (const { executionId, chars } of coming) {
      const followed = this.kept.get(executionId);
      if (!followed) continue;
      const { state } = followed;
      if (!state || (isEnded(state.status) && state.activity === null)) this.forget(executionId);
      else {
        followed.bytes += chars * MEMORY_FACTOR;
        this.keptBytes += chars * MEMORY_FACTOR;
        // Put at the end: a Map keeps the order of insertion, so the first is the least recently used.
        this.kept.delete(executionId);
        this.kept.set(executionId, followed);
      }
    }
    this.plans.clear();
    for (const executionId of this.kept.keys()) {
      if (this.keptBytes <= this.limit) return;
      this.forget(executionId);
    }
  }

  /** One that may not have sent anything yet: as it is committed then. */
  async load(executionId: string): Promise<void> {
    const present = this.kept.get(executionId);
    if (present?.state && present.plan) return;
    const folded = await this.folds.foldAt(executionId, Infinity);
    if (!folded) return;
    const plan = await this.source.plan(folded.state.workflowId, folded.state.revision);
    this.keep(executionId, folded.state, folded.bytes).plan = plan;
  }

  forget(executionId: string): void {
    this.keptBytes -= this.kept.get(executionId)?.bytes ?? 0;
    this.kept.delete(executionId);
  }

  private keep(executionId: string, state: ExecutionState | undefined, chars = 0): FollowedExecution {
    this.forget(executionId);
    const bytes = LEAST_BYTES + chars * MEMORY_FACTOR;
    const followed = { executionId, state, plan: undefined, bytes };
    this.kept.set(executionId, followed);
    this.keptBytes += bytes;
    return followed;
  }

  private async readMissing(missing: [executionId: string, seq: number][]): Promise<void> {
    for (const [executionId] of missing) this.forget(executionId);
    const toRead = missing.filter(([, seq]) => seq > 1);
    if (toRead.length === 0) return;
    const begun = await this.folds.beginReading(toRead.map(([executionId]) => executionId));
    for (let from = 0; from < toRead.length; from += READ_AT_ONCE) {
      const some = toRead.slice(from, from + READ_AT_ONCE);
      const read = await Promise.all(some.map(([id, seq]) => this.folds.foldAt(id, seq - 1, begun.get(id))));
      for (const [index, folded] of read.entries()) {
        if (folded) this.keep((some[index] as [string, number])[0], folded.state, folded.bytes);
      }
    }
  }

  private async readPlans(coming: readonly ComingEvents[]): Promise<void> {
    const wanted = new Map<string, { workflowId: string; revision: number }>();
    const want = (of: { workflowId: string; revision: number }) => wanted.set(planKey(of), of);
    for (const { executionId, events } of coming) {
      const followed = this.kept.get(executionId);
      let workflowId = followed?.state?.workflowId;
      if (followed?.state && followed.plan?.revision !== followed.state.revision) want(followed.state);
      for (const { event } of events) {
        if (event.type === 'execution:created') {
          ({ workflowId } = event);
          want(event);
        } else if (event.type === 'execution:updated' && event.change === 'revision' && workflowId !== undefined) {
          want({ workflowId, revision: event.revision });
        }
      }
    }
    for (const [key, { workflowId, revision }] of wanted) {
      const plan = await this.source.plan(workflowId, revision).catch(unlessMissing);
      if (plan) this.plans.set(key, plan);
    }
  }
}

/** Events of a revision that is not there any more are left out. */
function unlessMissing(error: unknown): undefined {
  if (!(error instanceof EngineError && error.code === 'NOT_FOUND')) throw error;
}

function planKey({ workflowId, revision }: { workflowId: string; revision: number }): string {
  return `${revision}@${workflowId}`;
}
