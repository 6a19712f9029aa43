import type { JsonObject } from '../json.js';
import { setOwn } from '../plain-json.js';
import type { ExecutionState } from '../state/execution-state.js';

/** The variables as they were after each of these events: what the execution began with and the writes that still stand. */
export function variablesBySeq(state: ExecutionState, seqs: ReadonlySet<number>): Map<number, JsonObject> {
  const found = new Map<number, JsonObject>();
  const variables: JsonObject = { ...state.written.initial };
  const { writes } = state.written;
  let next = 0;
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    for (let write = writes[next]; write && write.seq <= seq; write = writes[next]) {
      for (const name of Object.keys(write.values)) setOwn(variables, name, write.values[name]);
      next += 1;
    }
    found.set(seq, { ...variables });
  }
  return found;
}
