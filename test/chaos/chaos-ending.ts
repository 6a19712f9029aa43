import { ChaosCheck, type ChaosFigures } from './chaos-check.js';
import type { ChaosLoad } from './chaos-load.js';
import { ChaosOperator } from './chaos-operator.js';
import type { ChaosWorld } from './chaos-world.js';
import type { JournalReader } from './journal-reader.js';

const ENDED_WITHIN_MS = 120_000;

export interface EndingFigures extends ChaosFigures {
  /** Nodes whose outcome the operator said. */
  settled: number;
  crashLoops: number;
}

/**
 * Lets everything end, on a server that nothing breaks any more, and holds it against what is promised.
 * @throws Error that names what has not ended, or lists every promise that was broken
 */
export async function endAndCheck(
  world: ChaosWorld,
  journal: JournalReader,
  load: ChaosLoad,
  url: string,
): Promise<EndingFigures> {
  const operator = new ChaosOperator(world, journal);
  await operator.finish(url, ENDED_WITHIN_MS);
  const figures = await new ChaosCheck(world).all(await journal.all(), load);
  return { ...figures, settled: operator.settled, crashLoops: operator.crashLoops };
}
