import type { JsonObject, JsonValue } from '../json.js';
import type { Random } from '../ports.js';
import type { ExecutionEvaluations } from './execution-evaluations.js';

/** What `{{ … }}` can read. `nodes` holds the outputs of ended nodes that the reader depends on. */
export interface ExpressionScope {
  inputs: JsonObject;
  variables: JsonObject;
  trigger: JsonObject;
  nodes: JsonObject;
  execution: JsonObject;
  /** In compensation parameters alone: what the node gave; absent when nobody knows whether it happened. */
  outputs?: JsonObject;
  /** In compensation parameters alone: what the node acted with. */
  config?: JsonObject;
}

/** What pins time and randomness of an attempt, so that the same attempt computes the same, and gives it its time. */
export interface ExpressionEnvironment {
  /** Epoch ms that `$now()` and `$millis()` give. */
  readonly now: number;
  /** What `$random()` draws from. */
  readonly random: Random;
  /** In which the execution's expressions take their turns. */
  readonly evaluations: ExecutionEvaluations;
}

/** Ids that an expression reads as `nodes.<id>`; `computed` when it reads `nodes` in a way that only its run can tell. */
export interface NodeReferences {
  ids: readonly string[];
  computed: boolean;
}

/** One JSONata expression, compiled once. */
export interface CompiledExpression {
  readonly source: string;
  readonly references: NodeReferences;
  /**
   * A plain result where no promise is needed, so that a pure chain stays in one turn of the event loop.
   * `undefined` when the expression gives nothing. The result is never the object that went in.
   * @throws NodeError EXPRESSION_ERROR with the expression's text and position, also as a rejection
   */
  evaluate(
    root: JsonValue,
    environment: ExpressionEnvironment,
    bindings?: JsonObject,
  ): JsonValue | undefined | Promise<JsonValue | undefined>;
}

/** A config with its expressions, compiled once. */
export interface CompiledTemplate {
  /** True without any expression: {@link resolve} gives the value as it stands. */
  readonly isStatic: boolean;
  readonly references: NodeReferences;
  /** @throws NodeError EXPRESSION_ERROR, also as a rejection */
  resolve(scope: ExpressionScope, environment: ExpressionEnvironment): JsonValue | Promise<JsonValue>;
}
