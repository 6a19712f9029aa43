import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../src/engine/seeded-random.js';
import { ServerProcess } from '../support/server-process.js';
import { type EndingFigures, endAndCheck } from './chaos-ending.js';
import { ChaosLoad } from './chaos-load.js';
import { createWorkflows } from './chaos-rounds.js';
import { ChaosWorld } from './chaos-world.js';
import { JournalReader } from './journal-reader.js';

const HEARTBEAT_MS = 500;
const LEASE_MS = 4000;
const SHORTEST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 5000;
const TAKEN_OVER_WITHIN_MS = 60_000;

export interface ClusterOptions {
  servers: number;
  seconds: number;
  seed: string;
  /** True: a server is stopped past its lease and continued (SIGSTOP, SIGCONT); false: it is killed and another started. */
  isStopped: boolean;
  /** The database of the servers, empty. */
  databaseUrl: string;
  /** Of an empty database for the effects of nodes. */
  effectsUrl: string;
  onRound?: (line: string) => void;
}

export interface ClusterFigures extends EndingFigures {
  breaks: number;
  leaseMs: number;
  /** From the signal until nothing belonged to that process any more, in ms. */
  slowestTakeoverMs: number;
  meanTakeoverMs: number;
}

/**
 * Several servers on one database under load, one of which is killed or stopped every few seconds; then everything ends
 * and is held against what is promised.
 * @throws Error that lists every promise that was broken
 */
export async function chaosCluster(options: ClusterOptions): Promise<ClusterFigures> {
  const { seed, seconds, isStopped, databaseUrl, effectsUrl, onRound } = options;
  const random = seededRandom(seed);
  const world = await ChaosWorld.make(effectsUrl);
  const settings = {
    ...world.settings,
    DATABASE_URL: databaseUrl,
    HEARTBEAT_MS: String(HEARTBEAT_MS),
    LEASE_MS: String(LEASE_MS),
  };
  const servers: ServerProcess[] = [];
  let journal: JournalReader | undefined;
  try {
    for (let count = 0; count < options.servers; count += 1) servers.push(await ServerProcess.start(settings));
    journal = await JournalReader.open({ connectionString: databaseUrl });
    await createWorkflows(world, servers[0]?.url as string);
    const load = new ChaosLoad(world.workflows, random, () => servers.map(({ url }) => url));
    const takeovers: number[] = [];
    const ends = performance.now() + seconds * 1000;
    load.begin();
    while (performance.now() < ends) {
      await delay(SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
      const [victim] = servers.splice(Math.floor(random() * servers.length), 1) as [ServerProcess];
      takeovers.push(await takenOver(victim, isStopped, journal));
      if (isStopped) victim.signal('SIGCONT');
      servers.push(isStopped ? victim : await ServerProcess.start(settings));
      onRound?.(`${takeovers.length}: taken over after ${Math.round(takeovers.at(-1) ?? 0)} ms`);
    }
    await load.end();
    return {
      ...(await endAndCheck(world, journal, load, servers[0]?.url as string)),
      breaks: takeovers.length,
      leaseMs: LEASE_MS,
      slowestTakeoverMs: Math.round(Math.max(...takeovers)),
      meanTakeoverMs: Math.round(takeovers.reduce((sum, ms) => sum + ms, 0) / takeovers.length),
    };
  } finally {
    await journal?.close();
    await Promise.all(servers.map((server) => server.stop()));
    await world.end();
  }
}

/** Breaks a server; resolves with the time in ms until others have everything that it drove. */
async function takenOver(victim: ServerProcess, isStopped: boolean, journal: JournalReader): Promise<number> {
  const began = performance.now();
  if (isStopped) victim.signal('SIGSTOP');
  else await victim.kill();
  while ((await journal.owned(victim.pid)) > 0) {
    if (performance.now() - began > TAKEN_OVER_WITHIN_MS) throw new Error('Nobody has taken over');
    await delay(20);
  }
  return performance.now() - began;
}
