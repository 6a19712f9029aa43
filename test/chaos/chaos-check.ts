import { buildExecutionPlan, type ExecutionPlan } from '../../src/engine/definition/execution-plan.js';
import type { JournalEvent } from '../../src/engine/journal/events.js';
import { resultOf } from '../../src/engine/journal/execution-result.js';
import { foldJournal } from '../../src/engine/journal/fold.js';
import type { ExecutionState } from '../../src/engine/state/execution-state.js';
import { checkJournal } from '../../src/engine/testing/check-journal.js';
import { createLog } from '../../src/config/logger.js';
import { loadConfig } from '../../src/config/env.js';
import { DatabaseConnections } from '../../src/nodes/database/database-connections.js';
import { FilesFolder } from '../../src/nodes/files/files-folder.js';
import { NodeRegistry } from '../../src/nodes/node-registry.js';
import { ScriptPool } from '../../src/nodes/script/script-pool.js';
import { serverNodeTypes } from '../../src/nodes/server-node-types.js';
import type { ChaosLoad } from './chaos-load.js';
import type { ChaosWorkflow } from './chaos-workflows.js';
import type { ChaosWorld } from './chaos-world.js';
import type { Request } from './effect-service.js';
import type { StoredExecution } from './journal-reader.js';

/** What happened, counted from the journals and from the world outside. */
export interface ChaosFigures {
  /** Creations that were answered with a 201. */
  accepted: number;
  /** Creations without a 201, which may be there or not. */
  refused: number;
  executions: number;
  cancelled: number;
  events: number;
  requests: number;
  rows: number;
  /** Requests that came again, each under its key. */
  repeated: number;
  /** Attempts that were cut off. */
  interrupted: number;
  /** Nodes whose handler was asked what had become of them. */
  probed: number;
}

/** Holds everything that is stored, and everything that the world has seen, against what is promised. */
export class ChaosCheck {
  private readonly plans: Map<string, ExecutionPlan>;
  private readonly workflows: Map<string, ChaosWorkflow>;
  private readonly requests = new Map<string, Request[]>();
  private readonly problems: string[] = [];

  constructor(private readonly world: ChaosWorld) {
    const registry = nodeTypes();
    this.workflows = new Map(world.workflows.map((workflow) => [workflow.document.id, workflow]));
    this.plans = new Map(
      world.workflows.map(({ document: { id, ...content } }) => [
        id,
        buildExecutionPlan({ workflowId: id, revision: 1, version: '1.0.0', content }, registry),
      ]),
    );
    for (const request of world.service.requests) {
      const place = `${request.executionId}/${request.nodeId}`;
      this.requests.set(place, [...(this.requests.get(place) ?? []), request]);
    }
  }

  /** @throws Error that lists every promise that was broken */
  async all(stored: readonly StoredExecution[], load: ChaosLoad): Promise<ChaosFigures> {
    const ids = new Set(stored.map(({ id }) => id));
    for (const id of load.accepted.keys()) if (!ids.has(id)) this.problem(id, 'was accepted and is not there');
    for (const { executionId } of this.world.service.requests) {
      if (!ids.has(executionId)) this.problem(executionId, 'has acted outside and is not there');
    }
    const rows = await this.world.rows();
    for (const execution of stored) {
      const state = this.folded(execution);
      if (!state) continue;
      this.checkEnd(execution, state, load.cancelled.get(execution.id));
      this.checkRequests(execution);
      await this.checkOnce(execution, state, rows);
    }
    if (this.problems.length > 0) {
      throw new Error(`${this.problems.length} promises broken:\n${this.problems.slice(0, 20).join('\n')}`);
    }
    const events = stored.flatMap((execution) => execution.events);
    return {
      accepted: load.accepted.size,
      refused: load.refused,
      executions: stored.length,
      cancelled: stored.filter(({ status }) => status === 'cancelled').length,
      events: events.length,
      requests: this.world.service.requests.length,
      rows: [...rows.values()].reduce((sum, count) => sum + count, 0),
      repeated: [...this.requests.values()].reduce((sum, each) => sum + repeats(each), 0),
      interrupted: events.filter(({ type }) => type === 'node:interrupted').length,
      probed: events.filter((event) => event.type === 'node:interrupted' && event.then === 'probe').length,
    };
  }

  /** Every prefix of the journal is lawful, and nothing recorded ran again. */
  private folded({ id, workflowId, events }: StoredExecution): ExecutionState | undefined {
    const plan = this.plans.get(workflowId);
    try {
      if (!plan) throw new Error(`is of ${workflowId}`);
      checkJournal({ events, plan });
      return foldJournal(events);
    } catch (error) {
      this.problem(id, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** It ended as it should: by its workflow, or by a cancellation; one that was confirmed stands. */
  private checkEnd(execution: StoredExecution, state: ExecutionState, cancelled: boolean | undefined): void {
    const { id, workflowId, status, owner } = execution;
    const plan = this.plans.get(workflowId);
    const workflow = this.workflows.get(workflowId);
    if (!plan || !workflow) return;
    if (status !== state.status) this.problem(id, `is ${status} in its row and ${state.status} in its journal`);
    if (owner !== null) this.problem(id, `has ended and belongs to ${owner}`);
    if (state.status === 'cancelled' && cancelled !== undefined) return;
    if (cancelled === true) return this.problem(id, `was cancelled, and is ${state.status}`);
    const result = resultOf(plan, state);
    if (state.status === workflow.status && JSON.stringify(result) === JSON.stringify(workflow.result)) return;
    this.problem(
      id,
      `${workflowId} ended as ${state.status} with ${JSON.stringify(result)}: ${JSON.stringify(state.error)}`,
    );
  }

  /** No effect without its intent, and every repeat of a run under the run's key. */
  private checkRequests({ id, workflowId, events }: StoredExecution): void {
    for (const { id: nodeId } of this.plans.get(workflowId)?.nodes ?? []) {
      const requests = this.requests.get(`${id}/${nodeId}`) ?? [];
      const intents = events.filter((event) => event.type === 'node:started' && event.nodeId === nodeId);
      const keys = new Set(intents.map((intent) => (intent as Extract<JournalEvent, { key: string }>).key));
      if (requests.length > intents.length)
        this.problem(id, `${nodeId}: ${requests.length} effects, ${intents.length} intents`);
      const foreign = requests.find(({ key }) => !keys.has(key));
      if (foreign) this.problem(id, `${nodeId}: an effect under ${foreign.key}, which no intent names`);
      if (keys.size > new Set(intents.map((intent) => 'run' in intent && intent.run)).size) {
        this.problem(id, `${nodeId}: a run with two keys`);
      }
    }
  }

  /** Rows that a probe or a person looks after, and files, are there once: exactly, where the node completed. */
  private async checkOnce({ id }: StoredExecution, state: ExecutionState, rows: Map<string, number>): Promise<void> {
    const plan = this.plans.get(state.workflowId);
    for (const { id: nodeId, type } of plan?.nodes ?? []) {
      const isDone = state.nodes.get(nodeId)?.status === 'completed';
      if (type.type === 'database') {
        const count = rows.get(`${id}/${nodeId}`) ?? 0;
        if (count > 1 || (isDone && count !== 1)) this.problem(id, `${nodeId}: ${count} rows`);
      }
      if (type.type === 'file-write' && isDone) {
        const text = await this.world.file(`${id}.${nodeId.startsWith('a') ? 'log' : 'txt'}`);
        const isRight = nodeId.startsWith('a') ? text === `${nodeId}\n` : text.endsWith('\n') && text >= `${nodeId}\n`;
        if (!isRight) this.problem(id, `${nodeId}: its file holds ${JSON.stringify(text)}`);
      }
    }
  }

  private problem(id: string, what: string): void {
    this.problems.push(`${id}: ${what}`);
  }
}

/** Requests beyond the first of each run. */
function repeats(requests: readonly Request[]): number {
  return requests.length - new Set(requests.map(({ key }) => key)).size;
}

/** The server's own types, to make plans with: nothing runs here. */
function nodeTypes(): NodeRegistry {
  const config = loadConfig({});
  const databases = new DatabaseConnections(config, createLog('silent'));
  return new NodeRegistry(serverNodeTypes(new ScriptPool(), databases, new FilesFolder(config.filesDir)));
}
