import { Injectable } from '@nestjs/common';
import { DataFlow } from '../engine/data-flow.js';
import { type DescribedStep, describedSteps } from '../engine/driving/described-steps.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { ActiveExecutionFactory } from './active-execution.factory.js';
import { Clock } from './clock.js';
import { Plans } from './plans.js';

/** Says what undoing nodes does in the words of what would be, or was, called. */
@Injectable()
export class UndoDescriptions {
  constructor(
    private readonly folds: ExecutionFolds,
    private readonly plans: Plans,
    private readonly registry: NodeRegistry,
    private readonly factory: ActiveExecutionFactory,
    private readonly clock: Clock,
  ) {}

  /**
   * The steps, described by what their handlers get.
   * @param seq of the last event that the steps were planned by
   */
  async of<T extends DescribedStep>(executionId: string, seq: number, steps: T[]): Promise<T[]> {
    if (!steps.some(({ action }) => action === 'compensate')) return steps;
    const state = await this.folds.loadAt(executionId, seq);
    if (!state) return steps;
    const plan = await this.plans.of(state);
    const source = { executionId, plan, state, flow: new DataFlow(plan, state) };
    const ports = { catalog: this.registry, turns: this.factory.turns, now: this.clock.now() };
    return describedSteps(source, steps, ports);
  }
}
