import type { JsonObject } from '../json.js';
import { setOwn } from '../plain-json.js';

/** A write into the variables: by the completion of a node, or by hand. */
export interface VariableWrite {
  seq: number;
  nodeId?: string;
  values: JsonObject;
}

/**
 * The variables of an execution: what it began with, and the writes that still stand. They are put together only when
 * somebody looks: a journal of 10,000 writes is folded in a time that grows with the writes alone. What was shown is never
 * changed afterwards.
 */
export class ExecutionVariables {
  private standing: VariableWrite[] = [];
  private shown: JsonObject;
  /** How many writes are in what was shown last. */
  private shownWrites = 0;

  constructor(readonly initial: JsonObject) {
    this.shown = initial;
  }

  /** In the order in which they were made. */
  get writes(): readonly VariableWrite[] {
    return this.standing;
  }

  /** As they stand. */
  get now(): JsonObject {
    if (this.shownWrites < this.standing.length) {
      this.shown = withWrites(this.shown, this.standing.slice(this.shownWrites));
      this.shownWrites = this.standing.length;
    }
    return this.shown;
  }

  /** Gives the variables as they stand at this call, also when it is asked later. */
  seen(): () => JsonObject {
    const { standing } = this;
    const count = standing.length;
    let found: JsonObject | undefined;
    const find = () =>
      standing === this.standing && count === standing.length
        ? this.now
        : withWrites(this.initial, standing.slice(0, count));
    return () => (found ??= find());
  }

  write(write: VariableWrite): void {
    this.standing.push(write);
  }

  /** Takes back what these nodes wrote. */
  drop(nodeIds: ReadonlySet<string>): void {
    const kept = this.standing.filter(({ nodeId }) => nodeId === undefined || !nodeIds.has(nodeId));
    if (kept.length === this.standing.length) return;
    this.standing = kept;
    this.shown = this.initial;
    this.shownWrites = 0;
  }
}

function withWrites(values: JsonObject, writes: readonly VariableWrite[]): JsonObject {
  const result = { ...values };
  for (const write of writes) {
    for (const [name, value] of Object.entries(write.values)) setOwn(result, name, value);
  }
  return result;
}
