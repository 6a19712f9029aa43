import type { Claim, ClaimRepository } from '../repositories/claim.repository.js';
import type { ActiveExecution } from './active-execution.js';

/** So many that have seen more than one death are driven at once. */
const TOGETHER = 4;
/** From this claim on each is driven alone. */
const ALONE_FROM = 8;
/** Who has lived so long without an end of a node is no suspect for now, in ms. */
const LONG_ENOUGH_MS = 5000;
const MOST_CLAIMS = 2 ** 31 - 1;

/**
 * Executions that have seen a second death, or more, without one of their nodes ending: one of them may be what kills the
 * process. They are claimed few at a time, the least often hit first, and the others stay where they are and are not
 * counted; so what is innocent soon gets a turn without the culprit, and what has nearly used up its claims gets one
 * alone. After a first death there is no such limit: a takeover after a single crash is fast.
 */
export class CrashSuspects {
  /** How often each that holds a place has been claimed after a death. */
  private readonly driven = new Map<string, number>();

  /** `onFree` is told when there is room for another one. */
  constructor(
    private readonly claims: ClaimRepository,
    private readonly onFree: () => void,
  ) {}

  /** Claims what may be driven now; each holds its place until {@link hold} or {@link release}. */
  async claim(room: number): Promise<Claim[]> {
    const isOneAlone = [...this.driven.values()].some((claims) => claims >= ALONE_FROM);
    const free = isOneAlone ? 0 : Math.min(room, TOGETHER - this.driven.size);
    if (free <= 0) return [];
    let claimed = await this.claims.suspects(free, ALONE_FROM - 1);
    if (claimed.length === 0 && this.driven.size === 0) claimed = await this.claims.suspects(1, MOST_CLAIMS);
    for (const { id, claims } of claimed) this.driven.set(id, claims);
    return claimed;
  }

  /** The execution keeps its place until a node of it has ended, it is out of memory, or it has lived for long enough. */
  hold(active: ActiveExecution): void {
    if (!this.driven.has(active.executionId)) return;
    const release = () => {
      clearTimeout(timer);
      this.release(active.executionId);
    };
    const timer = setTimeout(release, LONG_ENOUGH_MS).unref();
    void Promise.race([active.crashes.over, active.left]).then(release);
  }

  release(executionId: string): void {
    if (this.driven.delete(executionId)) this.onFree();
  }
}
