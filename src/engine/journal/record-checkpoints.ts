import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import type { Truncated } from './record-nodes.js';
import { variablesBySeq } from './variables-by-seq.js';

/** A place that an execution can be rolled back to: the variables after that node, and the node's own outputs. */
export interface CheckpointRecord {
  nodeId: string;
  /** Epoch ms. */
  timestamp: number;
  label?: string;
  state: {
    variables: JsonObject | Truncated;
    outputs: JsonObject | Truncated;
    /** What a person kept with it. */
    custom?: JsonValue;
  };
}

type Point = Pick<CheckpointRecord, 'nodeId' | 'timestamp' | 'label'> & { node: NodeState; custom?: JsonValue };

const NEWEST = 100;

/** Every n-th completed node, and those that a person marked, as far as their completion stands; oldest first. */
export function checkpointsOf(plan: ExecutionPlan, state: ExecutionState): CheckpointRecord[] {
  const points = [...completedPoints(plan, state), ...markedPoints(state)]
    .sort((a, b) => a.timestamp - b.timestamp)
    .slice(-NEWEST);
  const variablesAt = variablesBySeq(state, new Set(points.map(({ node }) => node.endSeq ?? 0)));
  return points.map(({ node, custom, ...point }) => ({
    ...point,
    state: {
      variables: variablesAt.get(node.endSeq ?? 0) ?? {},
      outputs: node.outputs ?? {},
      ...(custom !== undefined && { custom }),
    },
  }));
}

function completedPoints({ settings }: ExecutionPlan, state: ExecutionState): Point[] {
  if (!settings.enableCheckpoint) return [];
  return [...state.nodes]
    .filter(([, { status }]) => status === 'completed')
    .sort(([, a], [, b]) => (a.endSeq ?? 0) - (b.endSeq ?? 0))
    .filter((_, index) => (index + 1) % settings.checkpointInterval === 0)
    .map(([nodeId, node]) => ({ nodeId, timestamp: node.endTime ?? state.createdAt, node }));
}

function markedPoints(state: ExecutionState): Point[] {
  return state.checkpoints.flatMap(({ nodeId, timestamp, seq, label, state: custom }) => {
    const node = state.nodes.get(nodeId);
    // Of a completion that no longer stands, or has been followed by another one.
    if (node?.status !== 'completed' || (node.endSeq ?? 0) > seq) return [];
    return [{ nodeId, timestamp, ...(label !== undefined && { label }), node, custom }];
  });
}
