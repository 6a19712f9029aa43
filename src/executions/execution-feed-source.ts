import { Injectable } from '@nestjs/common';
import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { buildRecord, type RunningAttempt } from '../engine/journal/execution-record.js';
import type { JsonObject } from '../engine/json.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { FeedSource } from '../monitoring/feed-source.js';
import { ActiveExecutions } from './active-executions.js';
import { Clock } from './clock.js';
import { ExecutionReader } from './execution-reader.js';
import { Plans } from './plans.js';

/** What the live feed needs of executions. */
@Injectable()
export class ExecutionFeedSource implements FeedSource {
  constructor(
    private readonly reader: ExecutionReader,
    private readonly plans: Plans,
    private readonly active: ActiveExecutions,
    private readonly clock: Clock,
  ) {}

  now(): number {
    return this.clock.now();
  }

  plan(workflowId: string, revision: number): Promise<ExecutionPlan> {
    return this.plans.get(workflowId, revision);
  }

  async snapshot(executionId: string): Promise<JsonObject & { seq: number }> {
    for (;;) {
      const { plan, state } = await this.reader.snapshot(executionId);
      const progress = await this.progress(executionId, plan, state);
      // It was carried on meanwhile: from here on nothing is waited for.
      if (state.revision !== plan.revision) continue;
      const now = this.clock.now();
      const running = this.active.running(executionId);
      const record = buildRecord({ executionId, plan, state, running, now, light: true });
      return { ...(record as unknown as JsonObject), progress, seq: state.seq };
    }
  }

  async progress(executionId: string, plan: ExecutionPlan, state: ExecutionState): Promise<JsonObject> {
    return (await this.reader.progressAt(executionId, plan, state)) as unknown as JsonObject;
  }

  driven(): Iterable<string> {
    return this.active.ids();
  }

  running(executionId: string): RunningAttempt[] {
    return this.active.running(executionId);
  }
}
