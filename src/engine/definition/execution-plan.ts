import { NodeError } from '../errors.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { Effect, NodeCatalog, NodeType } from '../ports.js';
import { compileExpression } from '../expressions/compile-expression.js';
import { compileTemplate } from '../expressions/compile-template.js';
import type { CompiledExpression, CompiledTemplate } from '../expressions/expression.js';
import { effectiveRetryPolicy, type RetryPolicy } from '../retry/retry-policy.js';
import { effectiveSettings, type EffectiveSettings } from './effective-settings.js';
import {
  nodeDisplayName,
  type EdgeDefinition,
  type NodeDefinition,
  type OnInterrupted,
  type RevisionContent,
  type WorkflowSettings,
} from './workflow-definition.js';
import { answerAncestry } from './ancestry.js';
import { buildWorkflowGraph, type WorkflowGraph } from './workflow-graph.js';

/** One revision of a workflow, made ready to run: graph, order and compiled expressions. Never changed once made. */
export interface ExecutionPlan {
  workflowId: string;
  revision: number;
  version: string;
  nodes: readonly PlanNode[];
  byId: ReadonlyMap<string, PlanNode>;
  settings: EffectiveSettings;
}

export interface PlanNode {
  /** Place in the document. */
  index: number;
  /** Place in the topological order; ties go by the document. */
  rank: number;
  id: string;
  name: string;
  type: NodeType;
  effect: Effect;
  enabled: boolean;
  join: 'any' | 'all';
  config: CompiledTemplate;
  /** The nodes before this one whose outputs its config reads. */
  reads: PlanReads;
  retry: RetryPolicy;
  /** When the node is due that starts at `startTime` (both epoch ms), where it waits for a time that its config alone says. */
  dueAt?: (startTime: number) => number;
  /** The node's own limit of one attempt in ms. */
  timeoutMs?: number;
  onInterrupted: OnInterrupted;
  /** The compensation parameters as the document has them, expressions and all. */
  rollback?: JsonObject;
  /** The outputs that branch; null for a node that does not. */
  ports: readonly string[] | null;
  incoming: PlanEdge[];
  outgoing: PlanEdge[];
  mappings: PlanMapping[];
}

/** Places of the nodes that are read by name; `computed`: only the run can tell which. */
export interface PlanReads {
  nodes: readonly number[];
  computed: boolean;
}

/** An enabled edge, or a mapping without one, which counts as a data edge that carries nothing by itself. */
export interface PlanEdge {
  id: string;
  source: number;
  target: number;
  kind: 'data' | 'control' | 'error' | 'mapping';
  /** The branch on which it is live. */
  port?: string;
  /** The name or dotted path in the source's output that it carries; absent: the whole. */
  output?: string;
  targetInput?: string;
  condition?: CompiledExpression;
}

export interface PlanMapping {
  inputName: string;
  /** Null: the document does not say where from. */
  source: number | null;
  output: string;
  required: boolean;
}

export interface PlanSource {
  workflowId: string;
  revision: number;
  version: string;
  content: RevisionContent;
}

/** Makes a revision ready to run. The document has been validated; what no longer compiles fails its own node when it runs. */
export function buildExecutionPlan(source: PlanSource, catalog: NodeCatalog): ExecutionPlan {
  const { nodes: definitions, edges, settings = {} } = source.content;
  const graph = buildWorkflowGraph(definitions, edges);
  const order = graph.topologicalOrder();
  const rank = new Map(order.map((index, place) => [index, place]));
  const nodes = definitions.map((definition, index) =>
    planNode(definition, index, rank.get(index) ?? index, settings, catalog),
  );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const [index, edge] of edges.entries()) connect(edge, index, nodes, byId);
  for (const [index, definition] of definitions.entries()) {
    const node = nodes[index];
    if (node) mapInputs(node, definition, nodes, byId);
  }
  findReads(nodes, byId, graph, order);
  return {
    workflowId: source.workflowId,
    revision: source.revision,
    version: source.version,
    nodes,
    byId,
    settings: effectiveSettings(settings),
  };
}

function planNode(
  definition: NodeDefinition,
  index: number,
  rank: number,
  settings: WorkflowSettings,
  catalog: NodeCatalog,
): PlanNode {
  const type = catalog.get(definition.type) ?? missingType(definition.type);
  const config = definition.config ?? {};
  const template = compileConfig(config, type);
  return {
    index,
    rank,
    id: definition.id,
    name: nodeDisplayName(definition),
    type,
    effect: type.effect,
    enabled: definition.enabled !== false,
    join: definition.join ?? 'any',
    config: template,
    reads: { nodes: [], computed: false },
    dueAt: template.isStatic ? dueTimeOf(type, config) : undefined,
    retry: effectiveRetryPolicy(type.retry, settings.retryPolicy, definition.retryPolicy),
    timeoutMs: definition.timeout,
    onInterrupted: definition.onInterrupted ?? onInterruptedOf(type, config),
    rollback: definition.rollback,
    ports: portsOf(type, config),
    incoming: [],
    outgoing: [],
    mappings: [],
  };
}

/** Keeps of each config's references to other nodes those that come before it. */
function findReads(nodes: PlanNode[], byId: Map<string, PlanNode>, graph: WorkflowGraph, order: number[]): void {
  const questions = nodes.flatMap((node) =>
    node.config.references.ids.flatMap((id) => {
      const ancestor = byId.get(id);
      return ancestor ? [{ ancestor: ancestor.index, node: node.index }] : [];
    }),
  );
  const answers = answerAncestry(graph, order, questions);
  const reads = new Map<number, number[]>();
  for (const [at, { ancestor, node }] of questions.entries()) {
    if (answers[at]) reads.set(node, [...(reads.get(node) ?? []), ancestor]);
  }
  for (const node of nodes) {
    const { computed } = node.config.references;
    if (computed || reads.has(node.index)) node.reads = { nodes: reads.get(node.index) ?? [], computed };
  }
}

function compileConfig(config: JsonObject, type: NodeType): CompiledTemplate {
  try {
    return compileTemplate(config, type.configSchema);
  } catch (error) {
    const failure = new NodeError('EXPRESSION_ERROR', error instanceof Error ? error.message : String(error));
    return {
      isStatic: false,
      references: { ids: [], computed: false },
      resolve: () => {
        throw failure;
      },
    };
  }
}

/** An own type may not give a time: then nothing is waited for, as far as anybody knows. */
function dueTimeOf(type: NodeType, config: JsonObject): PlanNode['dueAt'] {
  if (!type.dueTime) return undefined;
  return (startTime) => {
    try {
      const due = type.dueTime?.(config, startTime);
      return typeof due === 'number' && due > startTime ? due : startTime;
    } catch {
      return startTime;
    }
  };
}

function portsOf(type: NodeType, config: JsonObject): readonly string[] | null {
  if (!type.ports) return null;
  if (typeof type.ports !== 'function') return type.ports;
  try {
    return type.ports(config);
  } catch {
    // The config may still have expressions where an own type wants values: it branches, nobody knows yet where.
    return [];
  }
}

function onInterruptedOf(type: NodeType, config: JsonObject): OnInterrupted {
  if (typeof type.onInterrupted !== 'function') return type.onInterrupted ?? 'retry';
  try {
    return type.onInterrupted(config);
  } catch {
    // An own type did not expect an expression there: a person knows better.
    return 'ask';
  }
}

/** A type that the server no longer has: its nodes fail, the rest of the graph runs. */
function missingType(type: string): NodeType {
  return {
    type,
    name: type,
    category: 'unknown',
    description: '',
    version: '0.0.0',
    configSchema: {},
    effect: 'pure',
    execute: () => {
      throw new NodeError('UNKNOWN_NODE_TYPE', `This server has no node type "${type}"`);
    },
  };
}

function connect(edge: EdgeDefinition, index: number, nodes: PlanNode[], byId: Map<string, PlanNode>): void {
  const source = byId.get(edge.source);
  const target = byId.get(edge.target);
  if (!source || !target || edge.enabled === false) return;
  const output = edge.sourceOutput ?? edge.sourceHandle ?? undefined;
  const kind = edge.type ?? 'data';
  const branches = source.ports !== null && kind !== 'error';
  link(nodes, {
    // A made id has a character that no other id begins with: decisions are journaled by it.
    id: edge.id ?? `\n${index}`,
    source: source.index,
    target: target.index,
    kind,
    port: branches ? output : undefined,
    output: branches || kind !== 'data' ? undefined : output,
    targetInput: edge.targetInput ?? edge.targetHandle ?? (kind === 'error' ? 'error' : undefined),
    condition: edge.condition == null ? undefined : compileCondition(edge.condition),
  });
}

function compileCondition(source: string): CompiledExpression {
  try {
    return compileExpression(source, { nodes: 'variable' });
  } catch (error) {
    const failure = new NodeError('EXPRESSION_ERROR', error instanceof Error ? error.message : String(error));
    return {
      source,
      references: { ids: [], computed: false },
      evaluate: () => {
        throw failure;
      },
    };
  }
}

function link(nodes: PlanNode[], edge: PlanEdge): void {
  nodes[edge.source]?.outgoing.push(edge);
  nodes[edge.target]?.incoming.push(edge);
}

function mapInputs(target: PlanNode, definition: NodeDefinition, nodes: PlanNode[], byId: Map<string, PlanNode>): void {
  if (!isJsonObject(definition.inputs)) return;
  const sources = new Set(target.incoming.map((edge) => edge.source));
  for (const [inputName, mapping] of Object.entries(definition.inputs)) {
    const source = byId.get(mapping.from);
    const { output, required = false } = mapping;
    // A mapping that is not complete gives nothing, and a required one fails its node.
    const from = source && typeof output === 'string' ? source.index : null;
    target.mappings.push({ inputName, source: from, output, required });
    if (!source) continue;
    if (sources.has(source.index)) continue;
    sources.add(source.index);
    link(nodes, { id: `\n${source.id}`, source: source.index, target: target.index, kind: 'mapping' });
  }
}
