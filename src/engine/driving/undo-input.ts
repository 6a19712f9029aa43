import type { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { nodeOf } from '../journal/fold-nodes.js';
import type { RollbackStep } from '../recovery/planned-rollback.js';
import { seededRandom } from '../seeded-random.js';
import { AttemptInputs } from './attempt-inputs.js';
import type { UndoInput } from './undo-parameters.js';

/** Puts together what the handlers of a rollback are given, from the state as it stands. */
export class UndoInputs {
  private readonly inputs: AttemptInputs;

  constructor(
    private readonly source: ScopeSource,
    private readonly evaluations: ExecutionEvaluations,
    /** Epoch ms. */
    timestamp: () => number,
  ) {
    this.inputs = new AttemptInputs(source, evaluations, timestamp);
  }

  /**
   * Of an attempt of the step's handler.
   * @param attempt from 1
   * @param startTime epoch ms at which it begins
   */
  of(
    { nodeId, run, action }: Pick<RollbackStep, 'nodeId' | 'run' | 'action'>,
    attempt: number,
    startTime: number,
  ): UndoInput {
    const { source, evaluations } = this;
    const node = source.plan.byId.get(nodeId);
    if (!node) throw new Error(`The plan of the execution has no node ${nodeId} any more`);
    const { outputs, config: recordedConfig } = nodeOf(source.state, nodeId);
    const random = seededRandom(`${source.executionId}\0${nodeId}\0${run}\0undo`);
    return {
      ...this.inputs.asItWas(node),
      run,
      attempt,
      startTime,
      source,
      undoing: new PinnedEnvironment(startTime, random, evaluations),
      outputs: action === 'unknown' ? undefined : outputs,
      recordedConfig,
    };
  }
}
