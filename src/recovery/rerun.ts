import { Injectable } from '@nestjs/common';
import type { Trigger } from '../engine/journal/events.js';
import type { JsonObject } from '../engine/json.js';
import { bodyHash } from '../executions/create-execution.js';
import { executionNotFound } from '../executions/execution-not-found.js';
import { type CreateResult, ExecutionsService } from '../executions/executions.service.js';
import { checkSeq } from '../executions/expected-seq.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import type { RecoveryOptions } from './resume-manager.js';

/** What of the old execution is replaced. */
export interface RerunRequest {
  trigger?: Trigger;
  /** Those that the new one begins with. */
  variables?: JsonObject;
  revision?: number;
}

/** Starts executions anew. */
@Injectable()
export class Rerun {
  constructor(
    private readonly folds: ExecutionFolds,
    private readonly executions: ExecutionsService,
  ) {}

  /**
   * Starts a new execution from what an old one, in whatever status, began with; labels and priority are the same. What was
   * corrected for the old one alone is not taken over.
   * @throws EngineError NOT_FOUND for the execution, the workflow and its revision; CONFLICT when the workflow is not active,
   * when `ifMatchSeq` is not the seq of the old one, and when the key came with another body; UNSTORABLE, SERVICE_UNAVAILABLE
   */
  async start(
    executionId: string,
    request: RerunRequest,
    { actor, reason, ifMatchSeq, idempotencyKey }: RecoveryOptions = {},
  ): Promise<CreateResult> {
    const old = await this.folds.load(executionId);
    if (!old) throw executionNotFound(executionId);
    checkSeq(old.seq, ifMatchSeq);
    const { trigger = old.trigger, variables = old.context.variables, revision = old.revision } = request;
    const { workflowId, labels, priority } = old;
    const started = { workflowId, revision, trigger, context: { ...old.context, variables }, labels, priority };
    const key = idempotencyKey !== undefined && {
      idempotencyKey,
      bodyHash: bodyHash({ rerunOf: executionId, ...request }),
    };
    return this.executions.create({ ...started, rerunOf: executionId, actor, reason, ...key });
  }
}
