import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { setOwn } from './plain-json.js';
import type { ExecutionPlan, PlanEdge, PlanNode } from './definition/execution-plan.js';
import { edgeLiveness } from './scheduling/edge-liveness.js';
import type { ExecutionState } from './state/execution-state.js';

/** What a node sees as its inputs, and the required ones that are absent. */
export interface NodeInputs {
  inputs: JsonObject;
  missing: string[];
}

/**
 * Inputs follow from the outputs before them, so they are not stored: this puts them together, for the driver before a
 * node runs and for whoever reads a record later. A disabled node's output is its inputs, kept here once it is known.
 */
export class DataFlow {
  private readonly passedThrough = new Map<number, JsonObject>();

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly state: ExecutionState,
  ) {}

  /** The node's output as its edges carry it; undefined when it has none. */
  outputs(node: PlanNode): JsonObject | undefined {
    const state = this.state.nodes.get(node.id);
    if (state?.status === 'completed') return state.outputs;
    return state?.skipReason === 'disabled' && state.status === 'skipped' ? this.throughDisabled(node) : undefined;
  }

  /**
   * The inputs, the later one wins: what edges without a targetInput spread (in the order of the document), edges with
   * one, input mappings.
   */
  inputs(node: PlanNode): NodeInputs {
    const inputs: JsonObject = {};
    const named: [string, JsonValue][] = [];
    for (const edge of node.incoming) {
      const value = this.carried(edge);
      if (value === undefined) continue;
      if (edge.targetInput !== undefined) named.push([edge.targetInput, value]);
      else if (isJsonObject(value)) assign(inputs, value);
      else setOwn(inputs, lastName(edge.output ?? 'value'), value);
    }
    for (const [name, value] of named) setOwn(inputs, name, value);
    const missing: string[] = [];
    for (const mapping of node.mappings) {
      const source = mapping.source === null ? undefined : this.plan.nodes[mapping.source];
      const outputs = source && this.outputs(source);
      const value = outputs && readPath(outputs, mapping.output);
      if (value !== undefined) setOwn(inputs, mapping.inputName, value);
      else if (mapping.required) missing.push(mapping.inputName);
    }
    return { inputs, missing };
  }

  private carried(edge: PlanEdge): JsonValue | undefined {
    if (edge.kind === 'control' || edge.kind === 'mapping') return undefined;
    const source = this.plan.nodes[edge.source];
    const state = source && this.state.nodes.get(source.id);
    if (!source || !state || edgeLiveness(edge, source, state) !== true) return undefined;
    if (edge.kind === 'error') return errorValue(source, state.error);
    const outputs = this.outputs(source);
    if (outputs === undefined || edge.output === undefined) return outputs;
    return readPath(outputs, edge.output);
  }

  /** Disabled nodes can stand in a chain of thousands: their sources are worked off in topological order, not by recursion. */
  private throughDisabled(node: PlanNode): JsonObject {
    const open = [node];
    for (let current = open.at(-1); current; current = open.at(-1)) {
      const before = this.disabledSources(current);
      if (before.length > 0) {
        for (const source of before) open.push(source);
        continue;
      }
      open.pop();
      if (!this.passedThrough.has(current.index)) this.passedThrough.set(current.index, this.inputs(current).inputs);
    }
    return this.passedThrough.get(node.index) ?? {};
  }

  private disabledSources(node: PlanNode): PlanNode[] {
    const sources = [
      ...node.incoming.map((edge) => edge.source),
      ...node.mappings.flatMap((mapping) => mapping.source ?? []),
    ];
    return sources
      .map((index) => this.plan.nodes[index])
      .filter((source): source is PlanNode => source !== undefined && !this.passedThrough.has(source.index))
      .filter((source) => {
        const state = this.state.nodes.get(source.id);
        return state?.status === 'skipped' && state.skipReason === 'disabled';
      });
  }
}

/** What an error edge carries. */
export function errorValue(
  source: PlanNode,
  error: { message: string; code: string; details?: JsonValue } | undefined,
): JsonObject {
  const value: JsonObject = { message: error?.message ?? '', code: error?.code ?? '', nodeId: source.id };
  if (error?.details !== undefined) value.details = error.details;
  return value;
}

/** A value by its name or dotted path; a name that contains dots itself comes first. */
export function readPath(from: JsonValue, path: string): JsonValue | undefined {
  if (isJsonObject(from) && Object.hasOwn(from, path)) return from[path];
  let value: JsonValue | undefined = from;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function assign(target: JsonObject, source: JsonObject): void {
  for (const key of Object.keys(source)) setOwn(target, key, source[key]);
}
