/** The time in which at least one node ran: the length of the union of all attempts' intervals, in ms. */
export class ExecutionClock {
  /** Disjoint, in order of their ends. */
  private readonly intervals: { from: number; to: number }[] = [];
  private total = 0;

  /** ms in which at least one attempt ran. */
  get used(): number {
    return this.total;
  }

  /** Adds an attempt that ended at `to`, which is not before any end added earlier. Times are epoch ms. */
  add(from: number, to: number): void {
    let start = Math.min(from, to);
    let end = to;
    for (let last = this.intervals.at(-1); last && last.to >= start; last = this.intervals.at(-1)) {
      start = Math.min(start, last.from);
      end = Math.max(end, last.to);
      this.total -= last.to - last.from;
      this.intervals.pop();
    }
    if (end === start) return;
    this.intervals.push({ from: start, to: end });
    this.total += end - start;
  }
}
