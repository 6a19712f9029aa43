import type { ExecutionState } from '../engine/state/execution-state.js';

/** After so many claims in a row, each after a death, an execution is paused instead of being driven once more. */
export const CRASH_LOOP_CLAIMS = 10;

/**
 * How often in a row an execution's process has died without one of its nodes ending: what the claim counted, until a node
 * ends. The row is written for it only then, so that executions that never saw a crash pay nothing.
 */
export class CrashCount {
  /** Resolves once the count is back at 0. */
  readonly over: Promise<void>;
  private resolveOver!: () => void;
  private readonly endedBefore: number;

  constructor(
    private readonly state: ExecutionState,
    private count: number,
  ) {
    this.endedBefore = endedNodes(state);
    this.over = new Promise((resolve) => {
      this.resolveOver = resolve;
    });
    if (count === 0) this.resolveOver();
  }

  get isLoop(): boolean {
    return this.count >= CRASH_LOOP_CLAIMS;
  }

  /** True when a node has ended and the row does not say so yet. */
  get isOutdated(): boolean {
    return this.count > 0 && endedNodes(this.state) !== this.endedBefore;
  }

  /** What the row has to say, with the events that are written beside it. */
  toWrite(): number {
    if (this.isOutdated) this.clear();
    return this.count;
  }

  clear(): void {
    this.count = 0;
    this.resolveOver();
  }
}

/** While it is rolled back, those of which something became count too. */
function endedNodes({ counts, rollbacks }: ExecutionState): number {
  return counts.completed + counts.failed + (rollbacks.at(-1)?.nodes.size ?? 0);
}
