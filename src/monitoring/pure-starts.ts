import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { attemptsBeyondJournal, type RunningAttempt } from '../engine/journal/execution-record.js';
import type { JsonObject } from '../engine/json.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { FeedSource } from './feed-source.js';

/** A node that ends within this time is not worth two events. */
const LEAST_MS = 50;

/** An execution as it was told so far. */
export interface ToldExecution {
  plan: ExecutionPlan;
  state: ExecutionState;
}

/** Where it is told. */
export interface PureStartsHost {
  wants(executionId: string): boolean;
  /** Undefined where there is no such execution (any more). */
  told(executionId: string): Promise<ToldExecution | undefined>;
  started(executionId: string, told: ToldExecution, startTime: number, data: JsonObject): void;
}

/**
 * Looks for nodes without outside effect that have run for a while in this process: the journal has nothing of them before
 * they end. Each is told once, when all that came before it was told.
 */
export class PureStarts {
  private told = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private isLooking = false;
  private readonly began: number;

  constructor(
    private readonly source: FeedSource,
    private readonly instance: () => string,
    private readonly host: PureStartsHost,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.began = source.now();
    this.timer = setInterval(() => void this.look(), LEAST_MS).unref();
  }

  end(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const latest = this.source.now() - LEAST_MS;
      const told = new Set<string>();
      for (const executionId of this.source.driven()) {
        if (!this.host.wants(executionId)) continue;
        for (const attempt of this.source.running(executionId)) {
          const { startTime } = attempt;
          // Who begins to listen now reads what already runs from a snapshot.
          if (startTime < this.began || startTime > latest) continue;
          const key = keyOf(executionId, attempt);
          if (this.told.has(key) || (await this.tell(executionId, attempt))) told.add(key);
        }
      }
      this.told = told;
    } catch (error) {
      this.onFault(error);
    } finally {
      this.isLooking = false;
    }
  }

  /** False when it is too early for it. */
  private async tell(executionId: string, attempt: RunningAttempt): Promise<boolean> {
    const found = await this.host.told(executionId);
    if (!found) return false;
    const { plan, state } = found;
    const { nodeId, run, attempt: number, startTime } = attempt;
    const node = plan.byId.get(nodeId);
    if (!node || node.effect === 'external') return true;
    const running = this.source.running(executionId).filter((other) => keyOf('', other) === keyOf('', attempt));
    if (!attemptsBeyondJournal(plan, state, running).has(nodeId)) return false;
    const data = { nodeId, name: node.name, nodeType: node.type.type, run, attempt: number, instance: this.instance() };
    this.host.started(executionId, found, startTime, data);
    return true;
  }
}

function keyOf(executionId: string, { nodeId, run, attempt }: RunningAttempt): string {
  return `${executionId} ${run} ${attempt} ${nodeId}`;
}
