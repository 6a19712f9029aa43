import { Injectable } from '@nestjs/common';
import { EngineError, type ErrorCode } from '../engine/errors.js';
import { foldEvent } from '../engine/journal/fold.js';
import type { NumberedEvent } from '../engine/journal/events.js';
import { checkpointsOf, type CheckpointRecord } from '../engine/journal/record-checkpoints.js';
import type { Checkpoint } from '../engine/recovery/decide-checkpoint.js';
import { outlook, resumeContext, type ResumeContext } from '../engine/recovery/resume-outlook.js';
import { decideResume, type ResumeRequest } from '../engine/recovery/resume-plan.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { executionNotFound, nodeNotFound } from '../executions/execution-not-found.js';
import { type CommandOptions, ExecutionsService } from '../executions/executions.service.js';
import { checkSeq } from '../executions/expected-seq.js';
import { Plans } from '../executions/plans.js';
import { ResumePreparation } from '../executions/resume-preparation.js';
import { EventRepository } from '../repositories/event.repository.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';

/** What a resume would do. */
export interface ResumePreview {
  canResume: boolean;
  /** Why not. */
  reason?: string;
  /** When it cannot be resumed, by what stands now. */
  resumeContext: ResumeContext;
  /** Ids of the nodes that have yet to run, in the order of the graph; a branch may leave some of them out. */
  willRun: string[];
  warnings: string[];
  /** When another revision is asked for: whether it fits what has run already; absent where that is not the question yet. */
  compatible?: boolean;
}

/** What a resume did. */
export interface ResumeOutcome {
  success: true;
  resumeContext: ResumeContext;
  warnings: string[];
  message: string;
}

export interface RecoveryOptions extends CommandOptions {
  actor?: string;
  reason?: string;
}

/** With these a resume is refused for what the execution has done so far; anything else is wrong with the request. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['INVALID_TRANSITION', 'CONFLICT', 'REVISION_INCOMPATIBLE']);

/** Shows how an execution would go on, and has it go on, by whoever drives it. */
@Injectable()
export class ResumeManager {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly folds: ExecutionFolds,
    private readonly plans: Plans,
    private readonly preparation: ResumePreparation,
    private readonly journal: EventRepository,
  ) {}

  /**
   * Whether the execution could be resumed so, and what would run then; nothing is changed.
   * @throws EngineError NOT_FOUND for the execution, the node and the revision; INVALID_PARAMS for `config`; CONFLICT when
   * `ifMatchSeq` is not the present seq
   */
  async canResume(executionId: string, request: ResumeRequest = {}, ifMatchSeq?: number): Promise<ResumePreview> {
    const state = await this.own(executionId);
    checkSeq(state.seq, ifMatchSeq);
    await this.checkNode(executionId, state, request);
    const material = await this.preparation.material(executionId, state, request);
    const present = await this.plans.of(state);
    const compatible = request.workflowRevision === undefined ? {} : { compatible: true };
    try {
      const events = decideResume(present, state, request, material, { timestamp: state.timestamp });
      for (const event of events) foldEvent(state, state.seq + 1, event);
      const plan = material?.next.plan ?? present;
      const resumed = events.at(-1);
      const warnings = (resumed?.type === 'execution:resumed' && resumed.warnings) || [];
      const context = resumeContext(executionId, plan, state);
      return {
        canResume: true,
        resumeContext: context,
        willRun: outlook(plan, state).willRun,
        warnings,
        ...compatible,
      };
    } catch (error) {
      if (!(error instanceof EngineError) || !REFUSALS.has(error.code)) throw error;
      const context = resumeContext(executionId, present, state);
      const isIncompatible = error.code === 'REVISION_INCOMPATIBLE' ? { compatible: false } : {};
      const refused = { canResume: false, reason: error.message, resumeContext: context };
      return { ...refused, willRun: [], warnings: [], ...isIncompatible };
    }
  }

  /**
   * From where the execution goes on when it is resumed as it stands.
   * @throws EngineError NOT_FOUND
   */
  async getResumeContext(executionId: string): Promise<ResumeContext> {
    return (await this.canResume(executionId)).resumeContext;
  }

  /**
   * Resumes it; resolves when that is committed.
   * @throws EngineError NOT_FOUND, INVALID_PARAMS, INVALID_TRANSITION, CONFLICT, REVISION_INCOMPATIBLE, SERVICE_UNAVAILABLE
   */
  async resume(
    executionId: string,
    request: ResumeRequest,
    { actor, reason, ...options }: RecoveryOptions = {},
  ): Promise<ResumeOutcome> {
    if (request.fromNodeId !== undefined) await this.checkNode(executionId, await this.own(executionId), request);
    const command = { kind: 'carry-on', ...request, actor, reason } as const;
    const seq = await this.executions.command(executionId, command, options);
    const resumed = await this.lastEvent(executionId, 'execution:resumed', seq);
    // As it stood then: with a key the answer is the same each time.
    const state = await this.own(executionId, resumed.seq);
    const context = resumeContext(executionId, await this.plans.of(state), state);
    const warnings = (resumed.event.type === 'execution:resumed' && resumed.event.warnings) || [];
    return { success: true, resumeContext: context, warnings, message: messageOf(context) };
  }

  /**
   * Marks the node that completed last as a checkpoint; resolves when that is committed.
   * @throws EngineError NOT_FOUND; CONFLICT while none has completed; SERVICE_UNAVAILABLE
   */
  async createSnapshot(
    executionId: string,
    checkpoint: Checkpoint,
    { actor, reason, ...options }: RecoveryOptions = {},
  ): Promise<CheckpointRecord> {
    const command = { kind: 'checkpoint', ...checkpoint, actor, reason } as const;
    const seq = await this.executions.command(executionId, command, options);
    const { seq: madeAt } = await this.lastEvent(executionId, 'execution:updated', seq);
    const state = await this.own(executionId, madeAt);
    const made = checkpointsOf(await this.plans.of(state), state).at(-1);
    if (!made) throw executionNotFound(executionId);
    return made;
  }

  /** A state that may be carried on. */
  private async own(executionId: string, seq?: number): Promise<ExecutionState> {
    const state = await (seq === undefined ? this.folds.loadFresh(executionId) : this.folds.loadAt(executionId, seq));
    if (!state) throw executionNotFound(executionId);
    return state;
  }

  private async checkNode(
    executionId: string,
    { workflowId, revision }: ExecutionState,
    { fromNodeId, workflowRevision = revision }: ResumeRequest,
  ): Promise<void> {
    if (fromNodeId === undefined) return;
    const plan = await this.plans.get(workflowId, workflowRevision);
    if (!plan.byId.has(fromNodeId)) throw nodeNotFound(executionId, fromNodeId);
  }

  /** The last event of that type up to `seq`: that of the command which led there. */
  private async lastEvent(
    executionId: string,
    type: 'execution:resumed' | 'execution:updated',
    seq: number,
  ): Promise<NumberedEvent> {
    const filter = { before: seq + 1, descending: true, limit: 1, type };
    const [found] = (await this.journal.list(executionId, filter)).events;
    if (!found) throw executionNotFound(executionId);
    return found;
  }
}

function messageOf({ resumeFromNode }: ResumeContext): string {
  if (resumeFromNode === null) return 'Successfully resumed: nothing is left to run';
  return `Successfully resumed from node: ${resumeFromNode}`;
}
