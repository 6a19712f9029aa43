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
      for (const [nodeId, config] of Object.entries(event.config)) {
        state.configChanges[nodeId] = { ...state.configChanges[nodeId], ...config };
      }
      break;
    case 'revision':
      state.revision = event.revision;
      break;
    case 'checkpoint':
      state.checkpoints.push({
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
  if (event.actor !== undefined) {
    state.history.push({ type: `update-${event.change}`, at: event.timestamp, by: event.actor, reason: event.reason });
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
