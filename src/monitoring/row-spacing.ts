/** Of an execution about so many rows are kept. */
export const MOST_ROWS = 1000;

/** ms between the rows of an execution that has run for `duration` ms: the interval, doubled until MOST_ROWS reach so far. */
export function spacingFor(duration: number, intervalMs: number): number {
  let spacing = intervalMs;
  while (spacing * MOST_ROWS < duration) spacing *= 2;
  return spacing;
}

/** Whether a row is to be written now, and how far the older ones have to stand apart; absent: they do already. */
export interface RowDecision {
  isDue: boolean;
  thinTo?: number;
}

/** Spaces the rows of one execution: the longer it runs, the farther apart they stand, so that their number stays bounded. */
export class RowSpacing {
  private last: { duration: number; spacing: number } | undefined;

  constructor(private readonly intervalMs: number) {}

  /** Asked once an interval, with the duration so far in ms. */
  next(duration: number): RowDecision {
    const spacing = spacingFor(duration, this.intervalMs);
    const { last } = this;
    if (last && spacing > this.intervalMs && Math.floor(duration / spacing) === Math.floor(last.duration / spacing)) {
      return { isDue: false };
    }
    this.last = { duration, spacing };
    // The rows that another instance left, or this one before a wait, may stand closer.
    const hasGrown = spacing !== (last?.spacing ?? this.intervalMs);
    return hasGrown ? { isDue: true, thinTo: spacing } : { isDue: true };
  }
}
