import { EngineError } from '../../errors.js';
import { idempotencyKey } from '../../idempotency-key.js';
import type { SettledStatus } from '../../journal/events.js';
import type { RollbackScope } from '../../recovery/planned-rollback.js';
import { checkJournal } from '../check-journal.js';
import { type DrivenExecution, EXECUTION_ID } from '../driven-execution.js';
import { resume } from '../resume-driven.js';
import { CommandModel, type CommandEnd } from './command-model.js';
import { bringTo, type FailurePoint, workflowOf } from './failure-points.js';
import type { MatrixGraph } from './graphs.js';
import { Outside, type Request } from './outside.js';
import { RecoveryModel } from './recovery-model.js';

/** What is done in a row of the matrix. */
export type MatrixStep =
  | { does: 'resume' }
  | { does: 'resume from'; node: string }
  | { does: 'rollback'; to: string | null; scope?: RollbackScope; force?: boolean }
  | { does: 'cancel'; rollback: boolean }
  | { does: 'settle'; node: string; as: SettledStatus }
  /** The service refuses to undo the node, or any more not. */
  | { does: 'keep' | 'let go'; node: string };

/** A row of the matrix: one graph, one way in which it stands, and what is then asked of it, one after the other. */
export interface MatrixRow {
  name: string;
  graph: MatrixGraph;
  point: FailurePoint;
  steps: MatrixStep[];
}

/** How everything stands after a step, and what was done in it. */
export interface Standing {
  outcome: CommandEnd;
  status: string;
  isStopped: boolean;
  nodes: { [nodeId: string]: string };
  variables: string[];
  /** Effects that stand outside, by node. */
  effects: { [nodeId: string]: number };
  requests: Request[];
  handlers: string[];
  undoing: string[];
}

/** A row on its way: the engine's execution, and the service that it acts on. */
export class PlayedRow {
  constructor(
    readonly execution: DrivenExecution,
    readonly outside: Outside,
  ) {}

  static async begin({ graph, point }: MatrixRow): Promise<PlayedRow> {
    const outside = new Outside();
    return new PlayedRow(await bringTo(graph, point, outside), outside);
  }

  /** Does the step, and lets it come to its end; one that was done before is answered and not done again. */
  async step(step: MatrixStep, number: number): Promise<Standing> {
    const { execution, outside } = this;
    outside.requests = [];
    outside.handlers = [];
    const before = execution.events.length;
    const outcome = await this.attempt(step, `step ${number}`);
    if (outcome === 'done') await execution.run();
    else if (execution.events.length !== before) throw new Error(`What is ${outcome} has changed the journal`);
    return { ...this.standing(), outcome, undoing: this.undoingSince(before) };
  }

  standing(): Omit<Standing, 'outcome' | 'undoing'> {
    const { execution, outside } = this;
    const { status, activity, variables, nodes } = execution.state;
    const statuses = execution.plan.nodes.map(({ id }) => [id, nodes.get(id)?.status ?? 'pending']);
    return {
      status,
      isStopped: activity === 'rollback-stopped',
      nodes: Object.fromEntries(statuses) as { [nodeId: string]: string },
      variables: Object.keys(variables).sort(),
      effects: outside.standing(),
      requests: outside.requests,
      handlers: outside.handlers,
    };
  }

  /** Sees that the journal tells of a lawful execution, and that every call of a handler bore its run's one key. */
  check(): void {
    const { execution } = this;
    checkJournal(execution);
    expect(execution.faults).toEqual([]);
    const undoings = [...execution.world.undone, ...execution.eventsOf('node:rolling-back')];
    const expected = undoings.map(({ nodeId, run }) => `${idempotencyKey(EXECUTION_ID, nodeId, run)}_undo`);
    expect(undoings.map(({ key }) => key)).toEqual(expected);
  }

  private async attempt(step: MatrixStep, commandId: string): Promise<CommandEnd> {
    try {
      return (await this.command(step, commandId)) ? 'done' : 'unchanged';
    } catch (error) {
      if (error instanceof EngineError) return error.code as CommandEnd;
      throw error;
    }
  }

  private async command(step: MatrixStep, commandId: string): Promise<boolean> {
    const { execution, outside } = this;
    switch (step.does) {
      case 'resume':
        return resume(execution, {}, { commandId });
      case 'resume from':
        return resume(execution, { fromNodeId: step.node }, { commandId });
      case 'rollback': {
        const { to: targetNodeId, scope = 'after', force = false } = step;
        return execution.command({ kind: 'rollback', targetNodeId, scope, force, commandId });
      }
      case 'cancel': {
        const rollback = step.rollback || undefined;
        return execution.command({ kind: 'end', then: 'cancelled', rollback, commandId });
      }
      case 'settle': {
        const { node: nodeId, as: status } = step;
        if (execution.state.activity === 'rollback-stopped' && status === 'completed') outside.undoByHand(nodeId);
        const outputs = status === 'completed' ? { settled: true } : undefined;
        return execution.command({ kind: 'settle', nodeId, status, outputs, commandId });
      }
      case 'keep':
        outside.keeps.add(step.node);
        return false;
      case 'let go':
        outside.keeps.delete(step.node);
        return false;
    }
  }

  private undoingSince(seq: number): string[] {
    return this.execution.events.slice(seq).flatMap((event) => {
      if (event.type === 'node:rolled-back') return [`${event.type} ${event.nodeId} ${event.outcome}`];
      const tells = event.type === 'node:rolling-back' || event.type === 'node:rollback-failed';
      return tells ? [`${event.type} ${event.nodeId}`] : [];
    });
  }
}

/** What a row has to come to, by the model alone. */
class ExpectedRow {
  private readonly commands: CommandModel;

  constructor({ graph, point }: MatrixRow) {
    const model = new RecoveryModel(workflowOf(graph, point));
    this.commands = new CommandModel(model.bringTo(graph, point));
  }

  step(step: MatrixStep): Standing {
    this.commands.model.requests = [];
    this.commands.handlers = [];
    this.commands.undoing = [];
    const outcome = this.outcomeOf(step);
    return { ...this.standing(), outcome, undoing: this.commands.undoing };
  }

  standing(): Omit<Standing, 'outcome' | 'undoing'> {
    const { model, handlers, stopped } = this.commands;
    const nodes = [...model.nodes.values()];
    const effects = nodes.filter((node) => node.effects.size > 0).map(({ id, effects: { size } }) => [id, size]);
    return {
      status: model.status,
      isStopped: stopped !== undefined,
      nodes: Object.fromEntries(nodes.map(({ id, status }) => [id, status])),
      variables: nodes.flatMap(({ id, sets }) => (sets ? [`by_${id}`] : [])).sort(),
      effects: Object.fromEntries(effects) as { [nodeId: string]: number },
      requests: model.requests,
      handlers,
    };
  }

  private outcomeOf(step: MatrixStep): CommandEnd {
    const { commands } = this;
    switch (step.does) {
      case 'resume':
        return commands.resume();
      case 'resume from':
        return commands.resumeFrom(step.node);
      case 'rollback':
        return commands.rollback(step.to, step.scope ?? 'after', step.force ?? false);
      case 'cancel':
        return commands.cancel(step.rollback);
      case 'settle':
        return commands.settle(step.node, step.as);
      case 'keep':
        commands.keeps.add(step.node);
        return 'unchanged';
      case 'let go':
        commands.keeps.delete(step.node);
        return 'unchanged';
    }
  }
}

/** Plays a row and holds each of its steps against the model. */
export async function playRow(row: MatrixRow): Promise<void> {
  const played = await PlayedRow.begin(row);
  const expected = new ExpectedRow(row);
  expect(played.standing()).toEqual(expected.standing());
  for (const [index, step] of row.steps.entries()) {
    expect(await played.step(step, index)).toEqual(expected.step(step));
  }
  played.check();
}
