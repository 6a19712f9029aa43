import type { EdgeDefinition, NodeDefinition } from '../definition/workflow-definition.js';
import type { TestWorkflow } from './driven-execution.js';
import type { TestNodeConfig } from './test-node-types.js';

/** How a node has to end, as the format's prose says it, without any regard to time. */
export interface ReferenceEnd {
  status: 'completed' | 'failed' | 'skipped';
  code?: string;
  disabled?: boolean;
  /** It has the output that mappings ask for; a node that slept has another one, and a disabled one its inputs. */
  gives?: boolean;
}

/** The ends of all nodes of a random workflow under `errorHandling: continue`, found by the plainest means. */
export function referenceRun({ nodes, edges = [] }: TestWorkflow): Map<string, ReferenceEnd> {
  const ends = new Map<string, ReferenceEnd>();
  // Edges lead from lower to higher numbers, so the numbers are an order.
  const sorted = [...nodes].sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
  for (const node of sorted) ends.set(node.id, endOf(node, nodes, edges, ends));
  return ends;
}

function endOf(
  node: NodeDefinition,
  nodes: NodeDefinition[],
  edges: EdgeDefinition[],
  ends: Map<string, ReferenceEnd>,
): ReferenceEnd {
  const incoming = edges.filter((edge) => edge.target === node.id && edge.enabled !== false);
  const mapped = Object.values(node.inputs ?? {})
    .map(({ from }) => from)
    .filter((from, index, all) => all.indexOf(from) === index && !incoming.some(({ source }) => source === from));
  const decisions = [
    ...incoming.map((edge) => decision(edge, nodes.find(({ id }) => id === edge.source) as NodeDefinition, ends)),
    ...mapped.map((from) => passes(ends.get(from) as ReferenceEnd)),
  ];
  const live = decisions.filter((each) => each === true).length;
  const fails = decisions.includes('fails');
  const wouldRun = decisions.length === 0 || (node.join === 'all' ? live === decisions.length : live > 0);
  if (node.enabled === false) return { status: 'skipped', disabled: wouldRun && !fails };
  if (fails) return { status: 'failed', code: 'EXPRESSION_ERROR' };
  if (!wouldRun) return { status: 'skipped', disabled: false };
  return run(node, ends);
}

function passes(source: ReferenceEnd): boolean {
  return source.status === 'completed' || source.disabled === true;
}

function decision(edge: EdgeDefinition, source: NodeDefinition, ends: Map<string, ReferenceEnd>): boolean | 'fails' {
  const end = ends.get(source.id) as ReferenceEnd;
  if (edge.type === 'error') return end.status === 'failed' && holds(edge.condition, end);
  if (!passes(end)) return false;
  if (source.type === 'branch' && edge.sourceOutput !== undefined) {
    const chosen = end.disabled ? 'true' : (source.config as TestNodeConfig).port;
    if (edge.sourceOutput !== chosen) return false;
  }
  return end.disabled ? true : holds(edge.condition, end);
}

function holds(condition: string | undefined, { code }: ReferenceEnd): boolean | 'fails' {
  switch (condition) {
    case '1 = 2':
      return false;
    case '$error("no")':
      return 'fails';
    case 'code = "BROKEN"':
      return code === 'BROKEN';
    default:
      return true;
  }
}

function run(node: NodeDefinition, ends: Map<string, ReferenceEnd>): ReferenceEnd {
  const isMissing = Object.values(node.inputs ?? {}).some(
    ({ from, output, required }) => required && !(output === `out_${from}` && ends.get(from)?.gives),
  );
  if (isMissing) return { status: 'failed', code: 'INPUT_MISSING' };
  const { fail } = node.config as TestNodeConfig;
  const attempts = (node.retryPolicy?.maxRetries ?? 0) + 1;
  if (node.type !== 'sleep' && fail && (fail.times ?? Infinity) >= attempts)
    return { status: 'failed', code: fail.code };
  return { status: 'completed', gives: node.type !== 'sleep' };
}
