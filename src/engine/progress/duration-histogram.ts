/** Steps in which a duration doubles: each step is 12 % wider than the one before it. */
const STEPS_PER_DOUBLING = 6;

/** What is longer than that is counted as that long (2^34 ms, more than six months): it bounds the length of `counts`. */
const LONGEST_MS = 2 ** 34;

/** The step that a duration of `durationMs` falls into: 0 for what is below one millisecond, then logarithmic. */
export function stepOf(durationMs: number): number {
  if (!(durationMs >= 1)) return 0;
  return 1 + Math.floor(Math.log2(Math.min(durationMs, LONGEST_MS)) * STEPS_PER_DOUBLING);
}

/** What falls into a step: durations from `from` on and below `to`, in ms. */
export function boundsOf(step: number): { from: number; to: number } {
  return { from: step === 0 ? 0 : 2 ** ((step - 1) / STEPS_PER_DOUBLING), to: 2 ** (step / STEPS_PER_DOUBLING) };
}

/** The middle (geometric) of a step, in ms: at most 6 % away from everything in it. */
export function middleOf(step: number): number {
  return step === 0 ? 0 : 2 ** ((step - 0.5) / STEPS_PER_DOUBLING);
}

/**
 * How often something took how long, in logarithmic steps: small, and two of them add up to the histogram of both.
 * `counts[step]` is the whole state, so it is also its stored form: an array of whole numbers without trailing
 * zeros, which a database adds up element by element. An entry is negative while it takes back what another
 * histogram has counted.
 */
export class DurationHistogram {
  readonly counts: number[];

  /** @param counts stored counts, from the shortest step on */
  constructor(counts: readonly number[] = []) {
    this.counts = [...counts];
  }

  /** Counts a duration (ms; negative ones as 0), `times` times; a negative `times` takes it back. */
  add(durationMs: number, times = 1): void {
    const step = stepOf(durationMs);
    for (let next = this.counts.length; next <= step; next++) this.counts.push(0);
    this.counts[step] = (this.counts[step] ?? 0) + times;
  }

  /** Adds the counts of another one to these. */
  merge(other: readonly number[]): void {
    for (let step = 0; step < other.length; step++) {
      const more = other[step] ?? 0;
      if (step < this.counts.length) this.counts[step] = (this.counts[step] ?? 0) + more;
      else this.counts.push(more);
    }
  }

  /** How many durations were counted. */
  get total(): number {
    return this.counts.reduce((sum, count) => sum + Math.max(count, 0), 0);
  }

  /**
   * The duration (whole ms) that `share` (0..1) of all durations do not exceed, by nearest rank; null when none was
   * counted. It is at most 6 % and half a millisecond away from the exact one.
   */
  percentile(share: number): number | null {
    const step = this.stepAt(share);
    return step === null ? null : Math.round(middleOf(step));
  }

  /** The step of the duration that `share` (0..1) of all durations do not exceed; null when none was counted. */
  stepAt(share: number): number | null {
    const rank = Math.max(1, Math.ceil(this.total * share));
    let seen = 0;
    for (let step = 0; step < this.counts.length; step++) {
      seen += Math.max(this.counts[step] ?? 0, 0);
      if (seen >= rank) return step;
    }
    return null;
  }
}
