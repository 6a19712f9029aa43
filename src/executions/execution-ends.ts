import { Injectable } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { ServerState } from '../config/server-state.js';
import { ExecutionRepository } from '../repositories/execution.repository.js';
import type { ActiveExecution } from './active-execution.js';
import { ActiveExecutions } from './active-executions.js';

/** How often the rows of executions are looked at that are not in this instance's memory. */
const LOOK_EVERY_MS = 500;

/** Lets requests wait for the end of executions, wherever they are driven. */
@Injectable()
export class ExecutionEnds {
  /** By execution: what lets each of those who wait for it go. */
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly watched = new WeakSet<ActiveExecution>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(
    private readonly executions: ExecutionRepository,
    private readonly active: ActiveExecutions,
    private readonly state: ServerState,
    private readonly log: Log,
  ) {
    state.stopping.addEventListener('abort', () => this.letGo([...this.waiting.keys()]), { once: true });
  }

  /**
   * Resolves when the execution has ended and nothing goes on in it any more, or is gone; at the latest after `ms`, when
   * `hungUp` is aborted, or when the server stops. One that is paused may be resumed, so it is waited for like any other.
   */
  wait(executionId: string, ms: number, hungUp: AbortSignal): Promise<void> {
    if (ms <= 0 || hungUp.aborted || this.state.stopping.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(late);
        hungUp.removeEventListener('abort', go);
        this.remove(executionId, go);
        resolve();
      };
      const late = setTimeout(go, ms);
      hungUp.addEventListener('abort', go, { once: true });
      this.add(executionId, go);
    });
  }

  /** How many wait. */
  get size(): number {
    return [...this.waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  private add(executionId: string, go: () => void): void {
    const others = this.waiting.get(executionId);
    if (others) others.add(go);
    else this.waiting.set(executionId, new Set([go]));
    this.timer ??= setInterval(() => void this.lookAtAll(), LOOK_EVERY_MS);
    void this.look([executionId]);
  }

  private remove(executionId: string, go: () => void): void {
    const others = this.waiting.get(executionId);
    others?.delete(go);
    if (others?.size === 0) this.waiting.delete(executionId);
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private letGo(executionIds: readonly string[]): void {
    for (const id of executionIds) for (const go of this.waiting.get(id) ?? []) go();
  }

  private async lookAtAll(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    await this.look([...this.waiting.keys()]);
    this.looking = false;
  }

  /** Those in memory tell by themselves; of the others the rows do. */
  private async look(executionIds: readonly string[]): Promise<void> {
    const elsewhere = executionIds.filter((id) => !this.isInMemory(id));
    if (elsewhere.length === 0) return;
    try {
      const open = new Set(await this.executions.open(elsewhere));
      this.letGo(elsewhere.filter((id) => !open.has(id)));
    } catch (error) {
      this.log.debug({ err: error }, 'could not look whether executions have ended; trying again');
    }
  }

  private isInMemory(executionId: string): boolean {
    const active = this.active.get(executionId);
    if (!active) return false;
    if (!this.watched.has(active)) {
      this.watched.add(active);
      // Out of memory does not mean ended, nor even written: the row says.
      void active.left.then(() => this.look([executionId]));
    }
    return true;
  }
}
