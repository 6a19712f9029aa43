import type { JsonObject } from '../engine/json.js';
import type { FeedSource } from './feed-source.js';
import type { FollowedExecution } from './followed-executions.js';

/** At most ten a second of an execution. */
const REST_MS = 100;

interface Entry {
  followed: FollowedExecution;
  /** Something happened since the last one was reckoned. */
  isDirty: boolean;
  timer?: NodeJS.Timeout;
}

/** Reckons how far executions are when something happened in them; what comes too fast is merged, the last one is sent. */
export class ProgressRelay {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly source: FeedSource,
    private readonly send: (followed: FollowedExecution, progress: JsonObject) => void,
    private readonly onFault: (error: unknown) => void,
  ) {}

  touched(followed: FollowedExecution): void {
    const { executionId } = followed;
    const resting = this.entries.get(executionId);
    if (resting) {
      resting.followed = followed;
      resting.isDirty = true;
      return;
    }
    const entry = { followed, isDirty: false };
    this.entries.set(executionId, entry);
    void this.reckon(entry);
  }

  end(): void {
    for (const { timer } of this.entries.values()) clearTimeout(timer);
    this.entries.clear();
  }

  private async reckon(entry: Entry): Promise<void> {
    entry.isDirty = false;
    const { executionId, plan, state } = entry.followed;
    try {
      const progress = plan && state && (await this.source.progress(executionId, plan, state));
      if (this.entries.get(executionId) !== entry) return;
      if (progress) this.send(entry.followed, progress);
    } catch (error) {
      this.onFault(error);
    }
    if (this.entries.get(executionId) !== entry) return;
    entry.timer = setTimeout(() => {
      if (entry.isDirty) void this.reckon(entry);
      else this.entries.delete(executionId);
    }, REST_MS).unref();
  }
}
