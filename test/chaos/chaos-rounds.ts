import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../src/database/connection.js';
import { DATABASE_USER, readPassword } from '../../src/database/postgres-cluster.js';
import { readPostmasterPid } from '../../src/database/postmaster-pid.js';
import { seededRandom } from '../../src/engine/seeded-random.js';
import { ServerProcess } from '../support/server-process.js';
import { call, ready } from './api-client.js';
import { type EndingFigures, endAndCheck } from './chaos-ending.js';
import { ChaosLoad } from './chaos-load.js';
import { ChaosWorld } from './chaos-world.js';
import { JournalReader } from './journal-reader.js';

const SHORTEST_LIFE_MS = 150;
const LONGEST_LIFE_MS = 1200;

/** What is killed with -9: the server, its whole process group with the database in it, or the database alone. */
const KINDS = ['server', 'server', 'group', 'database'] as const;

type Kind = (typeof KINDS)[number];

export interface RoundsOptions {
  rounds: number;
  /** The same seed kills the same things after the same times. */
  seed: string;
  /** Of an empty database for the effects of nodes; it is not broken. */
  effectsUrl: string;
  /** Told after each round. */
  onRound?: (line: string) => void;
}

export interface RoundsFigures extends EndingFigures {
  kills: Record<Kind, number>;
}

/**
 * Kills a server, its database or both at random moments under load, again and again, then lets everything end and holds
 * it against what is promised.
 * @throws Error that lists every promise that was broken
 */
export async function chaosRounds({ rounds, seed, effectsUrl, onRound }: RoundsOptions): Promise<RoundsFigures> {
  const random = seededRandom(seed);
  const kills: Record<Kind, number> = { server: 0, group: 0, database: 0 };
  const world = await ChaosWorld.make(effectsUrl);
  const dataDir = join(world.folder, 'data');
  const server = new KilledServer({ ...world.settings, DATA_DIR: dataDir }, join(dataDir, 'postgres'));
  try {
    const load = new ChaosLoad(world.workflows, random, () => server.urls);
    for (let round = 1; round <= rounds; round += 1) {
      await server.start();
      if (round === 1) await createWorkflows(world, server.urls[0] as string);
      const kind = KINDS[Math.floor(random() * KINDS.length)] as Kind;
      const lifeMs = SHORTEST_LIFE_MS + random() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
      load.begin();
      await delay(lifeMs);
      await server.kill(kind);
      await load.end();
      kills[kind] += 1;
      onRound?.(`${round}: ${kind} after ${Math.round(lifeMs)} ms, ${load.accepted.size} accepted`);
    }
    await server.start();
    const journal = await JournalReader.open(await connectionOf(join(dataDir, 'postgres')));
    try {
      const figures = await endAndCheck(world, journal, load, server.urls[0] as string);
      return { ...figures, kills };
    } finally {
      await journal.close();
    }
  } finally {
    await server.stop();
    await world.end();
  }
}

/** Puts the mix into a server. */
export async function createWorkflows(world: ChaosWorld, url: string): Promise<void> {
  for (const { document } of world.workflows) {
    const { status, message } = await call(url, 'POST', '/workflows', document);
    if (status !== 201) throw new Error(`${document.id}: ${message}`);
  }
}

/** A server with a database of its own, both of which are killed and come back. */
class KilledServer {
  private process: ServerProcess | undefined;

  constructor(
    private readonly settings: Record<string, string>,
    private readonly cluster: string,
  ) {}

  get urls(): string[] {
    return this.process ? [this.process.url] : [];
  }

  /** Resolves when it runs and is ready. */
  async start(): Promise<void> {
    this.process ??= await ServerProcess.start(this.settings, { isGroup: true });
    await ready(this.process.url);
  }

  async kill(kind: Kind): Promise<void> {
    if (kind === 'database') {
      process.kill((await readPostmasterPid(this.cluster))?.pid ?? 0, 'SIGKILL');
      return;
    }
    const { process: killed } = this;
    this.process = undefined;
    await (kind === 'group' ? killed?.killGroup() : killed?.kill());
  }

  async stop(): Promise<void> {
    await this.process?.stop();
  }
}

async function connectionOf(cluster: string): Promise<Connection> {
  const found = await readPostmasterPid(cluster);
  const password = await readPassword(cluster);
  return {
    host: found?.socketFolder || found?.address,
    port: found?.port,
    user: DATABASE_USER,
    password,
    database: 'retrace',
  };
}
