import type { FeedItem } from './feed-event.js';

/** Who is told what happens. */
export interface Audience {
  /** Of one execution; absent: of all. */
  readonly executionId?: string;
  /** True where it wants `progress:updated`. */
  wantsProgress(executionId: string): boolean;
  /** Events in order, those of one batch together. */
  receive(items: readonly FeedItem[]): void;
  /** What follows now does not follow what was received. */
  lost(): void;
}

/** All who are told, by what they want. */
export class Audiences {
  private readonly ofAll = new Set<Audience>();
  private readonly ofOne = new Map<string, Set<Audience>>();

  constructor(private readonly onFault: (error: unknown) => void) {}

  get isEmpty(): boolean {
    return this.ofAll.size === 0 && this.ofOne.size === 0;
  }

  add(audience: Audience): void {
    const { executionId } = audience;
    if (executionId === undefined) this.ofAll.add(audience);
    else if (!this.ofOne.get(executionId)?.add(audience)) this.ofOne.set(executionId, new Set([audience]));
  }

  remove(audience: Audience): void {
    this.ofAll.delete(audience);
    const { executionId } = audience;
    const own = executionId === undefined ? undefined : this.ofOne.get(executionId);
    if (!own || executionId === undefined) return;
    own.delete(audience);
    if (own.size === 0) this.ofOne.delete(executionId);
  }

  wants(executionId: string): boolean {
    return this.ofAll.size > 0 || this.ofOne.has(executionId);
  }

  wantsProgress(executionId: string): boolean {
    for (const audience of this.ofAll) if (audience.wantsProgress(executionId)) return true;
    return this.ofOne.has(executionId);
  }

  tell(items: readonly FeedItem[]): void {
    for (const audience of this.ofAll) this.guard(() => audience.receive(items));
    if (this.ofOne.size === 0) return;
    const own = new Map<string, FeedItem[]>();
    for (const item of items) {
      const { executionId } = item.event;
      if (!this.ofOne.has(executionId)) continue;
      const list = own.get(executionId);
      if (list) list.push(item);
      else own.set(executionId, [item]);
    }
    for (const [executionId, list] of own) {
      for (const audience of this.ofOne.get(executionId) ?? []) this.guard(() => audience.receive(list));
    }
  }

  lost(): void {
    const all = [...this.ofAll, ...[...this.ofOne.values()].flatMap((own) => [...own])];
    for (const audience of all) this.guard(() => audience.lost());
  }

  /** One that fails slows nobody. */
  private guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.onFault(error);
    }
  }
}
