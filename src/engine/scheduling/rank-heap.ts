/** A binary heap of numbers, the lowest rank first. */
export class RankHeap {
  private readonly items: number[] = [];

  /** @param ranks by number; a rank must not change while its number is in the heap. Absent: numbers are their own ranks */
  constructor(private readonly ranks?: Float64Array) {}

  get size(): number {
    return this.items.length;
  }

  push(value: number): void {
    const { items, ranks } = this;
    const rank = rankOf(value, ranks);
    let at = items.length;
    items.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as number;
      if (rankOf(above, ranks) <= rank) break;
      items[at] = above;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.sink(last);
    return top;
  }

  private sink(value: number): void {
    const { items, ranks } = this;
    const rank = rankOf(value, ranks);
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      const next = child + 1;
      if (next < items.length && rankOf(items[next] as number, ranks) < rankOf(items[child] as number, ranks))
        child = next;
      const below = items[child] as number;
      if (rankOf(below, ranks) >= rank) break;
      items[at] = below;
      at = child;
    }
    items[at] = value;
  }
}

function rankOf(value: number, ranks: Float64Array | undefined): number {
  return ranks ? (ranks[value] as number) : value;
}
