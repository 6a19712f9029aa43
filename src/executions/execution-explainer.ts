import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { explain } from '../engine/progress/explain.js';
import type { Action, Explanation, OfferedAction, OwnerFacts } from '../engine/progress/explanation.js';
import type { Activity } from '../engine/journal/summary.js';
import type { JsonObject } from '../engine/json.js';
import { OwnerRepository } from '../repositories/owner.repository.js';
import { Clock } from './clock.js';
import { ExecutionReader, type Snapshot } from './execution-reader.js';

/** The request that does what is offered. */
export interface ActionRequest extends OfferedAction {
  method: 'PUT' | 'POST' | 'DELETE';
  /** From the root of the server. */
  path: string;
}

export interface ExecutionExplanation extends Omit<Explanation, 'actions'> {
  executionId: string;
  /** What helps most first. */
  actions: ActionRequest[];
}

/** Why executions stand where they stand, and what can be done about it. */
@Injectable()
export class ExecutionExplainer {
  constructor(
    private readonly reader: ExecutionReader,
    private readonly owners: OwnerRepository,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** @throws EngineError NOT_FOUND */
  async explain(executionId: string): Promise<ExecutionExplanation> {
    const { heartbeatMs, leaseMs } = this.config;
    // Who has missed a heartbeat is silent; one that is merely late is not.
    const lease = { silentAfterMs: 2 * heartbeatMs, leaseMs };
    const { owner, snapshot } = await this.look(executionId);
    const { actions, ...explanation } = explain({ ...snapshot, now: this.clock.now(), owner, lease });
    return {
      executionId,
      ...explanation,
      actions: actions.map((offered) => requestFor(executionId, offered, explanation.activity)),
    };
  }

  /** The row and the journal are read one after the other: where the status changed in between, once more. */
  private async look(executionId: string, again = true): Promise<{ owner?: OwnerFacts; snapshot: Snapshot }> {
    const owner = await this.owners.find(executionId, this.clock.now());
    const snapshot = await this.reader.snapshot(executionId);
    if (again && owner && owner.status !== snapshot.state.status) return this.look(executionId, false);
    return { owner, snapshot };
  }
}

const STATUS_BODIES: { [action in Action]?: JsonObject } = {
  start: { status: 'running' },
  pause: { status: 'paused' },
  abort: { status: 'paused', mode: 'abort' },
};

function requestFor(executionId: string, offered: OfferedAction, activity: Activity | null): ActionRequest {
  const path = `/api/v2/executions/${encodeURIComponent(executionId)}`;
  switch (offered.action) {
    case 'resume':
      // A pause that still waits is withdrawn: nothing has to be resumed yet.
      if (activity === 'pausing') {
        return { ...offered, method: 'PUT', path: `${path}/status`, body: { status: 'running' } };
      }
      return { ...offered, method: 'POST', path: `${path}/resume` };
    case 'rerun':
      return { ...offered, method: 'POST', path: `${path}/rerun` };
    case 'start':
    case 'pause':
    case 'abort':
      return { ...offered, method: 'PUT', path: `${path}/status`, body: STATUS_BODIES[offered.action] };
    case 'cancel':
      return { ...offered, method: 'POST', path: `${path}/cancel` };
    case 'rollback':
      return { ...offered, method: 'POST', path: `${path}/rollback` };
    case 'settle':
      return { ...offered, method: 'POST', path: `${path}/nodes/${encodeURIComponent(offered.nodeId ?? '')}/settle` };
    case 'delete':
      return { ...offered, method: 'DELETE', path };
  }
}
