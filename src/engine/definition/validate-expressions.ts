import { compileExpression } from '../expressions/compile-expression.js';
import { compileTemplate, TemplateSyntaxError } from '../expressions/compile-template.js';
import { ExpressionSyntaxError } from '../expressions/expression-syntax-error.js';
import { ParseBudget } from '../expressions/parse-budget.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { answerAncestry } from './ancestry.js';
import { countExpressions, MAX_EXPRESSIONS, MAX_PARSED_EXPRESSIONS } from './expression-budget.js';
import { quote, type Place, type ProblemLog } from './problem-log.js';
import type { CheckedEdge, CheckedNode, ValidationInput } from './validation-input.js';

/** An expression that reads a node's outputs. */
interface Reference {
  /** The node's id, as the expression says it. */
  id: string;
  /** The node that must come behind it; for an edge's condition its source, whose own output can be read too. */
  reader: number;
  readsItself: boolean;
  place: Place;
  field: string;
}

/** Compiles every expression of the document, and looks whether the nodes that it reads come before. */
export function validateExpressions(
  input: ValidationInput,
  edges: readonly CheckedEdge[],
  order: readonly number[],
): void {
  if (countExpressions(input, edges) > MAX_EXPRESSIONS) {
    input.problems.error('INVALID_EXPRESSION', `The workflow has more than ${MAX_EXPRESSIONS} expressions`);
    return;
  }
  const checks = new ExpressionChecks(input.problems);
  for (const node of input.checkedNodes) {
    if (!node?.type) continue;
    const { config, rollback } = node.definition;
    if (isJsonObject(config)) checks.checkTemplate(node, 'config', config, node.type.configSchema);
    if (isJsonObject(rollback)) checks.checkTemplate(node, 'rollback', rollback, node.type.rollbackSchema);
  }
  for (const edge of edges) checks.checkCondition(edge);
  warnOfOrder(input, order, checks.references);
}

class ExpressionChecks {
  readonly references: Reference[] = [];
  private readonly budget = new ParseBudget(MAX_PARSED_EXPRESSIONS);

  constructor(private readonly problems: ProblemLog) {}

  checkTemplate(node: CheckedNode, field: 'config' | 'rollback', value: JsonObject, schema?: JsonObject): void {
    const { index: reader, place } = node;
    try {
      const { ids } = compileTemplate(value, schema, this.budget).references;
      for (const id of ids) this.references.push({ id, reader, readsItself: false, place, field });
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error;
      for (const { path, message } of error.problems) {
        const whole = path === '' ? field : `${field}.${path}`;
        this.problems.error('INVALID_EXPRESSION', `${whole}: ${message}`, place, whole);
      }
    }
  }

  checkCondition({ definition, place, source }: CheckedEdge): void {
    if (typeof definition.condition !== 'string') return;
    try {
      const { ids } = compileExpression(definition.condition, { nodes: 'variable', budget: this.budget }).references;
      if (!source) return;
      const { index: reader } = source;
      for (const id of ids) this.references.push({ id, reader, readsItself: true, place, field: 'condition' });
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
      this.problems.error('INVALID_EXPRESSION', `condition: ${error.message}`, place, 'condition');
    }
  }
}

/** Where a cycle leaves the order open, the cycle itself is what is told. */
function warnOfOrder({ graph, problems }: ValidationInput, order: readonly number[], references: Reference[]): void {
  const ordered = new Set(order);
  const known = references.filter(({ id, reader, readsItself, place, field }) => {
    const index = graph.indexById.get(id);
    if (index === undefined) {
      problems.warning(
        'UNORDERED_REFERENCE',
        `The expression reads nodes.${id}, but there is no node ${quote(id)}`,
        place,
        field,
      );
      return false;
    }
    return ordered.has(index) && ordered.has(reader) && !(readsItself && index === reader);
  });
  const questions = known.map(({ id, reader }) => ({ ancestor: graph.indexById.get(id) as number, node: reader }));
  for (const [index, isBefore] of answerAncestry(graph, order, questions).entries()) {
    const reference = known[index];
    if (isBefore || !reference) continue;
    const message = `The expression reads nodes.${reference.id}, which does not come before it`;
    problems.warning('UNORDERED_REFERENCE', message, reference.place, reference.field);
  }
}
