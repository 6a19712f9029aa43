import { Injectable } from '@nestjs/common';
import { DataFlow } from '../engine/data-flow.js';
import { ExecutionEvaluations } from '../engine/expressions/execution-evaluations.js';
import { PinnedEnvironment } from '../engine/expressions/pinned-environment.js';
import { carriedDecisions } from '../engine/recovery/carried-decisions.js';
import type { ResumeMaterial, ResumeRequest } from '../engine/recovery/resume-plan.js';
import { seededRandom } from '../engine/seeded-random.js';
import type { Command } from '../engine/state/decide-command.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { ExecutionConfigRepository } from '../repositories/execution-config.repository.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { ActiveExecutionFactory } from './active-execution.factory.js';
import { Clock } from './clock.js';
import { executionNotFound } from './execution-not-found.js';
import { Plans } from './plans.js';

/** What a resume needs beside the execution's state: documents, and decisions that take turns of the event loop. */
@Injectable()
export class ResumePreparation {
  constructor(
    private readonly folds: ExecutionFolds,
    private readonly plans: Plans,
    private readonly registry: NodeRegistry,
    private readonly clock: Clock,
    private readonly factory: ActiveExecutionFactory,
    private readonly configs: ExecutionConfigRepository,
  ) {}

  /**
   * The command with what it needs, by what is committed now; other commands are given back as they are. Configs are kept
   * under the command's id.
   */
  async prepared(executionId: string, command: Command, commandId: string): Promise<Command> {
    if (command.kind !== 'carry-on' || needsNothing(command)) return command;
    const state = await this.folds.loadFresh(executionId);
    if (!state) throw executionNotFound(executionId);
    const material = await this.material(executionId, state, command);
    if (!material || command.config === undefined) return { ...command, material };
    await this.configs.keep(commandId, executionId, command.config);
    return { ...command, material: { ...material, keptAs: commandId } };
  }

  /** The prepared command was refused: what is kept under its id is of no use. */
  async discard(command: Command): Promise<void> {
    const keptAs = command.kind === 'carry-on' ? command.material?.keptAs : undefined;
    if (keptAs !== undefined) await this.configs.forget(keptAs);
  }

  /**
   * Undefined for a resume that needs nothing.
   * @param state the caller's own: nothing else carries it on
   * @throws EngineError NOT_FOUND when the workflow has no such revision
   */
  async material(
    executionId: string,
    state: ExecutionState,
    request: ResumeRequest,
  ): Promise<ResumeMaterial | undefined> {
    if (needsNothing(request)) return undefined;
    const { workflowRevision } = request;
    const { workflowId, revision, seq } = state;
    const present = await this.plans.revision(workflowId, revision);
    const more = { catalog: this.registry, corrected: await this.plans.corrected(state) };
    if (workflowRevision === undefined || workflowRevision === revision) return { present, next: present, ...more };
    const next = await this.plans.revision(workflowId, workflowRevision);
    const source = { executionId, plan: next.plan, state, flow: new DataFlow(next.plan, state) };
    const evaluations = new ExecutionEvaluations(this.factory.turns);
    const now = this.clock.now();
    const edges = await carriedDecisions(source, present.plan, ({ id }) => {
      const random = seededRandom(`${executionId}\0${id}\0${next.plan.revision}`);
      return new PinnedEnvironment(now, random, evaluations);
    });
    return { present, next, ...more, decided: { seq, edges } };
  }
}

function needsNothing({ config, workflowRevision }: ResumeRequest): boolean {
  return config === undefined && workflowRevision === undefined;
}
