import { compileExpression } from '../expressions/compile-expression.js';
import { compileTemplate, TemplateSyntaxError } from '../expressions/compile-template.js';
import { ExpressionSyntaxError } from '../expressions/expression-syntax-error.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { answerAncestry } from './ancestry.js';
import { countExpressions, MAX_EXPRESSIONS } from './expression-budget.js';
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
  const references: Reference[] = [];
  for (const node of input.checkedNodes) {
    if (!node?.type) continue;
    const { config, rollback } = node.definition;
    if (isJsonObject(config)) checkTemplate(node, 'config', config, node.type.configSchema, input.problems, references);
    if (isJsonObject(rollback)) {
      checkTemplate(node, 'rollback', rollback, node.type.rollbackSchema, input.problems, references);
    }
  }
  for (const edge of edges) checkCondition(edge, input.problems, references);
  warnOfOrder(input, order, references);
}

function checkTemplate(
  node: CheckedNode,
  field: 'config' | 'rollback',
  value: JsonObject,
  schema: JsonObject | undefined,
  problems: ProblemLog,
  references: Reference[],
): void {
  try {
    const { ids } = compileTemplate(value, schema).references;
    for (const id of ids) references.push({ id, reader: node.index, readsItself: false, place: node.place, field });
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    for (const { path, message } of error.problems) {
      const whole = path === '' ? field : `${field}.${path}`;
      problems.error('INVALID_EXPRESSION', `${whole}: ${message}`, node.place, whole);
    }
  }
}

function checkCondition(
  { definition, place, source }: CheckedEdge,
  problems: ProblemLog,
  references: Reference[],
): void {
  if (typeof definition.condition !== 'string') return;
  try {
    const { ids } = compileExpression(definition.condition, { nodes: 'variable' }).references;
    if (!source) return;
    for (const id of ids) references.push({ id, reader: source.index, readsItself: true, place, field: 'condition' });
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    problems.error('INVALID_EXPRESSION', `condition: ${error.message}`, place, 'condition');
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
