import type { JsonObject } from '../json.js';
import { setOwn } from '../plain-json.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { JournalEvent } from './events.js';

type Updated = Extract<JournalEvent, { type: 'execution:updated' }>;

/** Folds a change that was made to the execution by hand. */
export function foldExecutionUpdate(state: ExecutionState, event: Updated): void {
  switch (event.change) {
    case 'variables':
      state.variableWrites.push({ seq: state.seq, values: event.variables });
      state.variables = { ...state.variables, ...event.variables };
      break;
    case 'config':
      // Another object each time: whoever makes a plan of it may have the one before in hand.
      state.configChanges = { ...state.configChanges };
      for (const [nodeId, config] of Object.entries(event.config)) {
        state.configChanges[nodeId] = { ...state.configChanges[nodeId], ...config };
      }
      break;
    case 'revision':
      state.revision = event.revision;
      for (const [nodeId, edges] of Object.entries(event.edges ?? {})) {
        const node = state.nodes.get(nodeId);
        if (node) node.edges = edges;
      }
      break;
    case 'checkpoint':
      state.checkpoints.push({
        seq: state.seq,
        nodeId: event.nodeId,
        timestamp: event.timestamp,
        label: event.label,
        state: event.state,
      });
      break;
    case 'settings':
    case 'owner':
      break;
  }
  const { change, timestamp: at, actor: by, reason } = event;
  state.history.push({ type: `update-${change}`, at, by, reason, ...changedParts(event) });
}

/** Which parts were changed; of values only their names, they may be secret. */
function changedParts(event: Updated): JsonObject {
  switch (event.change) {
    case 'variables':
      return { variables: Object.keys(event.variables) };
    case 'config':
      return { nodeIds: Object.keys(event.config) };
    case 'revision':
      return { revision: event.revision };
    case 'checkpoint':
      return { nodeId: event.nodeId, label: event.label };
    case 'settings':
    case 'owner':
      return {};
  }
}

/** The variables anew from what the execution began with and the writes that still stand. */
export function foldVariables(state: ExecutionState): void {
  const variables: JsonObject = { ...state.context.variables };
  for (const { values } of state.variableWrites) {
    for (const [name, value] of Object.entries(values)) setOwn(variables, name, value);
  }
  state.variables = variables;
}
