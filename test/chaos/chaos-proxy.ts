import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../src/database/connection.js';
import type { Random } from '../../src/engine/ports.js';
import { seededRandom } from '../../src/engine/seeded-random.js';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.js';
import { ServerProcess } from '../support/server-process.js';
import { ready } from './api-client.js';
import { type EndingFigures, endAndCheck } from './chaos-ending.js';
import { ChaosLoad } from './chaos-load.js';
import { createWorkflows } from './chaos-rounds.js';
import { ChaosWorld } from './chaos-world.js';
import { CommitWitness } from './commit-witness.js';
import { JournalReader } from './journal-reader.js';

const HEARTBEAT_MS = 500;
/** Shorter than the longest stall: with several servers, leases are lost and taken over. */
const LEASE_MS = 3000;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 800;
const LONGEST_STALL_MS = 4500;
const LONGEST_REFUSAL_MS = 2000;
const SWALLOWED_WITHIN_MS = 2000;
/** In the message that sends a batch: the name of its statement. */
const BATCH = 'batch_';

/**
 * One connection or all are cut; a batch is committed and its answer cut off, or does not arrive at all; nothing passes for
 * seconds; all are cut and new ones refused.
 */
const KINDS = ['one', 'one', 'all', 'answer', 'answer', 'answer', 'request', 'stall', 'refusal'] as const;

type Kind = (typeof KINDS)[number];

export interface ProxyOptions {
  servers: number;
  seconds: number;
  /** The same seed breaks the same things after the same times. */
  seed: string;
  /** An empty database, reached directly. */
  database: Connection;
  /** The same as a URL. */
  databaseUrl: string;
  /** Of an empty database for the effects of nodes; it is not broken. */
  effectsUrl: string;
  /** Told after each break. */
  onRound?: (line: string) => void;
}

export interface ProxyFigures extends EndingFigures {
  breaks: Record<Kind, number>;
  leasesLost: number;
  /** Creations with an Idempotency-Key that had to be sent again. */
  repeatedCreations: number;
  /** Requests and 201s that were held against the journal at the moment they arrived. */
  witnessed: number;
}

/**
 * Servers that each reach their database through a proxy, which breaks the connections at random moments under load; then
 * everything ends and is held against what is promised.
 * @throws Error that lists every promise that was broken
 */
export async function chaosProxy(options: ProxyOptions): Promise<ProxyFigures> {
  const random = seededRandom(options.seed);
  const world = await ChaosWorld.make(options.effectsUrl);
  const proxies: DatabaseProxy[] = [];
  const servers: ServerProcess[] = [];
  const witness = new CommitWitness(options.databaseUrl);
  try {
    while (servers.length < options.servers) {
      const proxy = await startDatabaseProxy(options.database);
      proxies.push(proxy);
      const timing = { HEARTBEAT_MS: String(HEARTBEAT_MS), LEASE_MS: String(LEASE_MS) };
      servers.push(await ServerProcess.start({ ...world.settings, ...timing, DATABASE_URL: proxy.url }));
    }
    await createWorkflows(world, servers[0]?.url as string);
    world.service.witness = (request) => witness.request(request);
    const load = new ChaosLoad(world.workflows, random, () => servers.map(({ url }) => url));
    load.onAccepted = (id) => witness.accepted(id);
    load.begin();
    const breaks = await breakThem(proxies, random, options, () => load.accepted.size);
    await load.end();
    for (const { url } of servers) await ready(url);
    const journal = await JournalReader.open({ connectionString: options.databaseUrl });
    try {
      const figures = await endAndCheck(world, journal, load, servers[0]?.url as string);
      witness.check();
      const leasesLost = servers.reduce((sum, { output }) => sum + output().split('the lease is lost').length - 1, 0);
      const { repeatedCreations } = load;
      return { ...figures, breaks, leasesLost, repeatedCreations, witnessed: witness.count };
    } finally {
      await journal.close();
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await world.end();
    await witness.close();
  }
}

async function breakThem(
  proxies: readonly DatabaseProxy[],
  random: Random,
  { seconds, onRound }: ProxyOptions,
  accepted: () => number,
): Promise<Record<Kind, number>> {
  const breaks: Record<Kind, number> = { one: 0, all: 0, answer: 0, request: 0, stall: 0, refusal: 0 };
  const ends = performance.now() + seconds * 1000;
  while (performance.now() < ends) {
    await delay(SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
    const drawn = KINDS[Math.floor(random() * KINDS.length)] as Kind;
    // However short the run, one answer is lost.
    const kind = breaks.answer === 0 ? 'answer' : drawn;
    const proxy = proxies[Math.floor(random() * proxies.length)] as DatabaseProxy;
    await breakOne(proxy, kind, random(), Math.max(0, ends - performance.now()));
    breaks[kind] += 1;
    const count = Object.values(breaks).reduce((sum, each) => sum + each);
    onRound?.(`${count}: ${kind}, ${accepted()} accepted`);
  }
  return breaks;
}

/**
 * @param amount which connection, or how long, from 0 to 1
 * @param leftMs no longer than that
 */
async function breakOne(proxy: DatabaseProxy, kind: Kind, amount: number, leftMs: number): Promise<void> {
  switch (kind) {
    case 'one':
    case 'all':
      return proxy.cut(kind === 'one' ? amount : 'all');
    case 'answer':
      return await Promise.race([proxy.cutAnswerTo(BATCH), delay(SWALLOWED_WITHIN_MS)]);
    case 'request':
      await Promise.race([proxy.withhold(BATCH), delay(SWALLOWED_WITHIN_MS)]);
      return proxy.cut('all');
    case 'stall':
      return await proxy.stall(Math.min(leftMs, amount * LONGEST_STALL_MS));
    case 'refusal':
      proxy.cut('all');
      return await proxy.refuse(Math.min(leftMs, amount * LONGEST_REFUSAL_MS));
  }
}
