import { mergeConfig } from '../definition/with-config.js';
import type { JsonObject } from '../json.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { JournalEvent } from './events.js';

type Updated = Extract<JournalEvent, { type: 'execution:updated' }>;

/** Folds a change that was made to the execution by hand. */
export function foldExecutionUpdate(state: ExecutionState, event: Updated): void {
  switch (event.change) {
    case 'variables':
      state.written.write({ seq: state.seq, values: event.variables });
      break;
    case 'config':
      // Another object each time: whoever makes a plan of it may have the one before in hand.
      state.configChanges = mergeConfig(state.configChanges, event.config);
      if (event.keptAs !== undefined) state.keptConfigs = [...state.keptConfigs, event.keptAs];
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
