const FLUSH_EVERY_MS = 1000;

/** What is done with the sums. */
export interface SumPorts<Sum> {
  /** Puts what instances that are gone have left into one row each; done once, at the beginning. */
  foldGone(): Promise<void>;
  /** A sum in which nothing has been counted yet. */
  empty(key: string): Sum;
  /** Adds `more` to `sum`, in place. */
  merge(sum: Sum, more: Sum): void;
  /** Adds sums, which come in order of their keys, to those that are stored. */
  write(sums: Sum[]): Promise<void>;
  /** The database did not do it; what was to be written is tried again. */
  onFailure(error: unknown): void;
}

/** Counters by key that are added up in memory and flushed once a second. They may lag, but nothing counted is dropped. */
export class AddedUp<Sum> {
  private sums = new Map<string, Sum>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;

  constructor(private readonly ports: SumPorts<Sum>) {}

  begin(): void {
    void this.ports.foldGone().catch((error: unknown) => this.ports.onFailure(error));
    this.timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS);
  }

  /** Flushes for the last time. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.flushing;
    await this.flush();
  }

  /** To be counted into at once: after the next turn it may have been flushed. */
  of(key: string): Sum {
    let sum = this.sums.get(key);
    if (sum === undefined) {
      sum = this.ports.empty(key);
      this.sums.set(key, sum);
    }
    return sum;
  }

  /** One flush after the other: a slow database is not asked for the next one meanwhile. */
  private flush(): Promise<void> {
    this.flushing ??= this.writeAll().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  private async writeAll(): Promise<void> {
    if (this.sums.size === 0) return;
    const sums = [...this.sums].sort(([a], [b]) => (a < b ? -1 : 1));
    this.sums = new Map();
    try {
      await this.ports.write(sums.map(([, sum]) => sum));
    } catch (error) {
      for (const [key, sum] of sums) this.ports.merge(this.of(key), sum);
      this.ports.onFailure(error);
    }
  }
}
