import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import type { EvaluationTurns } from '../expressions/evaluation-turns.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import { maskText } from '../mask-secrets.js';
import type { NodeCatalog } from '../ports.js';
import type { RollbackStep } from '../recovery/planned-rollback.js';
import { UndoInputs } from './undo-input.js';
import { configThen, rollbackParameters } from './undo-parameters.js';

/** More than a person reads; the rest is described by its expressions. */
const MOST_STEPS = 500;

/** What of a step tells what it does. */
export type DescribedStep = Pick<RollbackStep, 'nodeId' | 'run' | 'action' | 'description'>;

/**
 * The steps, those that compensate described by the parameters that their handlers will get: the URL that is called, not the
 * expression that it comes from. Secrets are masked. Where an expression gives nothing, or says something else when it is
 * evaluated, the description stays as it was.
 * @param source the state before the rollback
 * @param now epoch ms
 */
export async function describedSteps<T extends DescribedStep>(
  source: ScopeSource,
  steps: readonly T[],
  { catalog, turns, now }: { catalog: NodeCatalog; turns: EvaluationTurns; now: number },
): Promise<T[]> {
  const evaluations = new ExecutionEvaluations(turns);
  const inputs = new UndoInputs(source, evaluations, () => now);
  const described: T[] = [];
  for (const step of steps) {
    const { type, rollback } = source.plan.byId.get(step.nodeId) ?? {};
    const says = step.action === 'compensate' && rollback !== undefined && described.length < MOST_STEPS;
    if (!says || !type?.describeRollback) {
      described.push(step);
      continue;
    }
    try {
      const input = inputs.of(step, 1, now);
      const parameters = await rollbackParameters(input, await configThen(input, catalog), catalog);
      described.push({ ...step, description: maskText(type.describeRollback(parameters)) || step.description });
    } catch {
      // The handler will say why it cannot.
      described.push(step);
    }
  }
  evaluations.close();
  return described;
}
