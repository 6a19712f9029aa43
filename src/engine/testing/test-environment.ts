import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { EvaluationTurns } from '../expressions/evaluation-turns.js';
import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import type { ExpressionEnvironment } from '../expressions/expression.js';

/** The thread as the executions of one instance share it. */
export function testTurns(): EvaluationTurns {
  return new EvaluationTurns({
    elapsed: () => performance.now(),
    defer: (callback) => setImmediate(callback),
  });
}

/** The environment of an execution of its own, with time and randomness as a test wants them. */
export function testEnvironment(pinned: Partial<ExpressionEnvironment> = {}): ExpressionEnvironment {
  return { now: 0, random: () => 0.5, evaluations: new ExecutionEvaluations(testTurns()), ...pinned };
}
