import { boundsOf, middleOf, stepOf, type DurationHistogram } from './duration-histogram.js';

/** How long something is expected to take, in ms: the middle of what it took before, and the range of eight in ten. */
export interface ExpectedTime {
  low: number;
  typical: number;
  high: number;
}

/** How long the nodes of a workflow have taken in its past executions. */
export interface NodeTimes {
  /** Undefined for a node that has never ended. */
  get(nodeId: string): NodeTime | undefined;
}

/** How long a node has taken in past executions; times are ms. */
export class NodeTime implements ExpectedTime {
  /** How often a duration was measured. */
  readonly measured: number;
  /** The median, as {@link medianOf} finds it. */
  readonly typical: number;
  readonly low: number;
  readonly high: number;

  /**
   * @param histogram of the durations that were measured
   * @param sum of those durations
   * @param ended how often it has ended, failures too
   */
  constructor(
    private readonly histogram: DurationHistogram,
    sum: number,
    readonly ended: number,
  ) {
    this.measured = histogram.total;
    this.typical = medianOf(histogram, sum);
    this.low = Math.min(this.typical, this.percentile(0.1));
    this.high = Math.max(this.typical, this.percentile(0.9));
  }

  /**
   * What is left of one that has run for `elapsed` ms: up to the median, and past that up to the median of those that
   * took even longer. Nothing, once it is about to end or has taken longer than any before.
   */
  restAfter(elapsed: number): ExpectedTime {
    const typical = Math.max(0, (elapsed < this.typical ? this.typical : this.medianBeyond(elapsed)) - elapsed);
    return {
      low: Math.min(typical, Math.max(0, this.low - elapsed)),
      typical,
      high: Math.max(typical, this.high - elapsed),
    };
  }

  private percentile(share: number): number {
    const step = this.histogram.stepAt(share);
    return step === null || step === this.histogram.stepAt(0.5) ? this.typical : middleOf(step);
  }

  /** The median of the durations above `elapsed`; `elapsed` itself when most of those are in its own step. */
  private medianBeyond(elapsed: number): number {
    const { counts } = this.histogram;
    const own = stepOf(elapsed);
    const { from, to } = boundsOf(own);
    const inOwn = (counts[own] ?? 0) * Math.max(0, (to - elapsed) / (to - from));
    const half = (inOwn + sumOf(counts.slice(own + 1))) / 2;
    let seen = inOwn;
    let step = own;
    while (seen < half) seen += counts[(step += 1)] ?? 0;
    return step === own ? elapsed : middleOf(step);
  }
}

/**
 * The median of the durations in a histogram; 0 when there are none. Its step says it within 6 % only. Where most
 * durations lie in that step and the two beside it, their mean says where in the step the median lies; the others are taken
 * out of `sum`, each by the middle of its step.
 */
function medianOf(histogram: DurationHistogram, sum: number): number {
  const { counts, total } = histogram;
  const step = histogram.stepAt(0.5);
  if (step === null) return 0;
  let near = 0;
  let sumOfNear = sum;
  for (const [place, count] of counts.entries()) {
    if (Math.abs(place - step) <= 1) near += count;
    else sumOfNear -= count * middleOf(place);
  }
  if (near * 2 < total) return middleOf(step);
  const { from, to } = boundsOf(step);
  return Math.min(to, Math.max(from, sumOfNear / near));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
