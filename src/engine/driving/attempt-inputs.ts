import type { DataFlow } from '../data-flow.js';
import type { PlanNode } from '../definition/execution-plan.js';
import type { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import { scopeOf, type ScopeSource } from '../expressions/expression-scope.js';
import { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { nodeOf } from '../journal/fold-nodes.js';
import { variablesBySeq } from '../journal/variables-by-seq.js';
import { seededRandom } from '../seeded-random.js';
import type { AttemptInput } from './attempt-context.js';

/** Puts together what attempts are given, from the state as it stands. */
export class AttemptInputs {
  constructor(
    private readonly source: ScopeSource & { flow: DataFlow },
    private readonly evaluations: ExecutionEvaluations,
    /** Epoch ms at which an attempt begins now. */
    private readonly timestamp: () => number,
  ) {}

  /** Of the node's next attempt. */
  next(node: PlanNode): AttemptInput {
    const state = nodeOf(this.source.state, node.id);
    const { inputs, missing } = this.source.flow.inputs(node);
    const startTime = this.timestamp();
    return {
      executionId: this.source.executionId,
      node,
      run: state.run,
      attempt: state.attempt + 1,
      startTime,
      startSeq: this.source.state.seq,
      scope: scopeOf(this.source, node, inputs, node.reads),
      environment: this.environment(node, state.run, startTime),
      missingInputs: missing,
      lastCheckpoint: state.checkpoint,
    };
  }

  /** Of the node's last attempt, when that goes on or ends: a wait that is over, a retry that there will not be. */
  last(node: PlanNode): AttemptInput {
    const { run, attempt, startTime = 0, startSeq = 0 } = nodeOf(this.source.state, node.id);
    const environment = this.environment(node, run, startTime);
    return { ...this.next(node), attempt, startTime, startSeq, environment };
  }

  /** Of the node's last attempt as it was: with the variables that it saw. */
  asItWas(node: PlanNode): AttemptInput {
    const last = this.last(node);
    const variables = variablesBySeq(this.source.state, new Set([last.startSeq])).get(last.startSeq) ?? {};
    return { ...last, scope: { ...last.scope, variables } };
  }

  private environment(node: PlanNode, run: number, now: number): PinnedEnvironment {
    const random = seededRandom(`${this.source.executionId}\0${node.id}\0${run}`);
    return new PinnedEnvironment(now, random, this.evaluations);
  }
}
