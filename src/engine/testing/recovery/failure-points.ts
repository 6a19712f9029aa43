import type { NodeDefinition, WorkflowSettings } from '../../definition/workflow-definition.js';
import { edge } from '../definitions.js';
import { DrivenExecution, type TestWorkflow } from '../driven-execution.js';
import { acting, type MatrixGraph } from './graphs.js';
import type { Behaviour, Outside } from './outside.js';

/** How an execution stands before something is asked of it. */
export interface FailurePoint {
  name: string;
  /** Where it stands so; `middle` also when nothing goes wrong. */
  at: 'first' | 'middle' | 'last';
  /** What the service does with that node, so many times. */
  service?: { how: Behaviour; times?: number };
  /** It is retried once, after a long pause. */
  isRetried?: true;
  /** What it does for longer than all others together. */
  takesLong?: 'acts' | 'waits';
  /** A node behind an error edge goes on with its failure. */
  isRescued?: true;
  /** What comes to pass before the command. `dies`: its process, and the node asks what came of it unless it goes on. */
  then?: 'dies' | 'dies and goes on' | 'pauses' | 'goes on';
}

/** ms for which a node waits or acts that holds everything up, or is between attempts. */
export const LONG_MS = 20_000;

/** ms after the start at which everything else has ended. */
export const AT_REST_MS = 5000;

const REFUSED = { how: 'refuses' } as const;

export const FAILURE_POINTS: readonly FailurePoint[] = [
  { name: 'nothing fails', at: 'middle' },
  { name: 'the first node fails', at: 'first', service: REFUSED },
  { name: 'the middle node fails', at: 'middle', service: REFUSED },
  { name: 'the last node fails', at: 'last', service: REFUSED },
  { name: 'the answer for the middle node is lost', at: 'middle', service: { how: 'loses' } },
  {
    name: 'the process dies in the middle node, which has acted',
    at: 'middle',
    takesLong: 'acts',
    then: 'dies',
  },
  {
    name: 'the process dies in the middle node, which has not acted',
    at: 'middle',
    service: { how: 'misses', times: 1 },
    takesLong: 'acts',
    then: 'dies',
  },
  { name: 'the middle node waits', at: 'middle', takesLong: 'waits', then: 'pauses' },
  {
    name: 'the middle node is between attempts',
    at: 'middle',
    service: { how: 'refuses', times: 1 },
    isRetried: true,
    then: 'pauses',
  },
  {
    name: 'the middle node is between attempts, of which the first may have acted',
    at: 'middle',
    service: { how: 'loses', times: 1 },
    isRetried: true,
    then: 'pauses',
  },
  { name: 'the middle node fails, and an error edge leads on', at: 'middle', service: REFUSED, isRescued: true },
  { name: 'the middle node is acting', at: 'middle', takesLong: 'acts', then: 'goes on' },
];

const REFUSED_ONCE = { service: { how: 'refuses', times: 1 }, isRetried: true } as const;

/** Where the engine goes on by itself, or fails only after it has tried. */
export const RETRIED_POINTS: readonly FailurePoint[] = [
  { name: 'the first node fails once', at: 'first', ...REFUSED_ONCE },
  { name: 'the middle node fails once', at: 'middle', ...REFUSED_ONCE },
  { name: 'the last node fails once', at: 'last', ...REFUSED_ONCE },
  { name: 'the middle node fails once, and has an error edge', at: 'middle', ...REFUSED_ONCE, isRescued: true },
  { name: 'the middle node fails in each attempt', at: 'middle', service: REFUSED, isRetried: true },
  {
    name: 'the answer for the middle node is lost once',
    at: 'middle',
    service: { how: 'loses', times: 1 },
    isRetried: true,
  },
  {
    name: 'the answer for the middle node is lost in each attempt',
    at: 'middle',
    service: { how: 'loses' },
    isRetried: true,
  },
  {
    name: 'the process dies in the middle node, which has acted',
    at: 'middle',
    takesLong: 'acts',
    then: 'dies and goes on',
  },
  {
    name: 'the process dies in the middle node, which has not acted',
    at: 'middle',
    service: { how: 'misses', times: 1 },
    takesLong: 'acts',
    then: 'dies and goes on',
  },
];

/** The node that an error edge leads to. */
const RESCUE = 'rescue';

/** The workflow of a graph in which the point can come about. */
export function workflowOf(graph: MatrixGraph, point: FailurePoint): Required<TestWorkflow> {
  const where = graph[point.at];
  const nodes = graph.nodes.map((node) => (node.id === where ? atPoint(node, point) : node));
  const settings: WorkflowSettings = { retryPolicy: { maxRetries: 0 }, maxConcurrency: 5 };
  if (!point.isRescued) return { nodes, edges: graph.edges, settings };
  const rescue = edge(where, RESCUE, { type: 'error' });
  return { nodes: [...nodes, acting(RESCUE, 40)], edges: [...graph.edges, rescue], settings };
}

function atPoint(node: NodeDefinition, { isRetried, takesLong, then }: FailurePoint): NodeDefinition {
  if (isRetried) return { ...node, retryPolicy: { maxRetries: 1, initialDelay: LONG_MS } };
  if (takesLong === 'waits') return { id: node.id, type: 'sleep', config: { ms: LONG_MS } };
  const onInterrupted = then === 'dies' ? ('ask' as const) : undefined;
  return takesLong ? { ...node, onInterrupted, config: { ...node.config, ms: LONG_MS } } : node;
}

/** Brings an execution to the point; from then on the service does as it should. */
export async function bringTo(graph: MatrixGraph, point: FailurePoint, outside: Outside): Promise<DrivenExecution> {
  const execution = new DrivenExecution(workflowOf(graph, point));
  outside.serve(execution);
  if (point.service) outside.misbehave(graph[point.at], point.service.how, point.service.times);
  execution.start();
  if (point.then) await execution.advance(AT_REST_MS);
  else await execution.run();
  if (point.then === 'pauses') await execution.command({ kind: 'pause', mode: 'wait' });
  if (point.then === 'dies' || point.then === 'dies and goes on') {
    execution.crash();
    execution.start();
    if (point.then === 'dies') await execution.settle();
    else await execution.run();
  }
  outside.repair();
  return execution;
}
