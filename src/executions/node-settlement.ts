import { Injectable } from '@nestjs/common';
import { DataFlow } from '../engine/data-flow.js';
import type { PlanNode } from '../engine/definition/execution-plan.js';
import { invalidParams } from '../engine/errors.js';
import { ExecutionEvaluations } from '../engine/expressions/execution-evaluations.js';
import { PinnedEnvironment } from '../engine/expressions/pinned-environment.js';
import { settledEdges, settlementProblems, type Settlement } from '../engine/recovery/settle.js';
import { seededRandom } from '../engine/seeded-random.js';
import type { Command } from '../engine/state/decide-command.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { ActiveExecutionFactory } from './active-execution.factory.js';
import { Clock } from './clock.js';
import { executionNotFound, nodeNotFound } from './execution-not-found.js';
import { Plans } from './plans.js';

/** What has to be known of a node before a command that settles it is carried out. */
@Injectable()
export class NodeSettlement {
  constructor(
    private readonly folds: ExecutionFolds,
    private readonly plans: Plans,
    private readonly clock: Clock,
    private readonly factory: ActiveExecutionFactory,
  ) {}

  /** @throws EngineError NOT_FOUND for the execution and for the node; INVALID_PARAMS when it does not fit the node */
  async check(executionId: string, settlement: Settlement): Promise<void> {
    const state = await this.folds.load(executionId);
    if (!state) throw executionNotFound(executionId);
    const plan = await this.plans.of(state);
    const node = plan.byId.get(settlement.nodeId);
    if (!node) throw nodeNotFound(executionId, settlement.nodeId);
    const problems = settlementProblems(node, settlement);
    if (problems.length > 0) throw invalidParams(problems);
  }

  /**
   * The command with the conditions behind the node decided, by what is committed now: that takes turns of the event loop,
   * and a driver carries a command out at once. Other commands are given back as they are.
   */
  async prepared(executionId: string, command: Command): Promise<Command> {
    if (command.kind !== 'settle' || command.status !== 'completed') return command;
    const state = await this.folds.loadFresh(executionId);
    if (!state) throw executionNotFound(executionId);
    const plan = await this.plans.of(state);
    const node = plan.byId.get(command.nodeId);
    if (!node?.outgoing.some(({ condition }) => condition)) return command;
    const source = { executionId, plan, state, flow: new DataFlow(plan, state) };
    const evaluations = new ExecutionEvaluations(this.factory.turns);
    const edges = await settledEdges(source, node, command, this.environment(executionId, node, evaluations));
    return edges ? { ...command, decided: { seq: state.seq, edges } } : command;
  }

  private environment(executionId: string, { id }: PlanNode, evaluations: ExecutionEvaluations): PinnedEnvironment {
    return new PinnedEnvironment(this.clock.now(), seededRandom(`${executionId}\0${id}\0settled`), evaluations);
  }
}
