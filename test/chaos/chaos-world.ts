import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { makeScratchFolder } from '../support/scratch-folder.js';
import { chaosWorkflows, EFFECTS_CONNECTION, type ChaosWorkflow } from './chaos-workflows.js';
import { EffectService } from './effect-service.js';

/** What the nodes act on, which is never broken: a service, a database and a folder; and the workflows that do. */
export class ChaosWorld {
  readonly workflows: ChaosWorkflow[];

  private constructor(
    /** Everything that this run keeps. */
    readonly folder: string,
    readonly service: EffectService,
    private readonly effects: Client,
    private readonly effectsUrl: string,
  ) {
    this.workflows = chaosWorkflows(service.url);
  }

  /** @param effectsUrl of an empty database for the effects of database nodes */
  static async make(effectsUrl: string): Promise<ChaosWorld> {
    const folder = await makeScratchFolder('retrace-chaos-');
    await mkdir(join(folder, 'files'));
    const effects = new Client(effectsUrl);
    await effects.connect();
    await effects.query('CREATE TABLE effects (execution_id text NOT NULL, node_id text NOT NULL)');
    return new ChaosWorld(folder, await EffectService.start(), effects, effectsUrl);
  }

  /** What a server needs to act on this world. */
  get settings(): Record<string, string> {
    return {
      FILES_DIR: join(this.folder, 'files'),
      DATABASE_CONNECTIONS: EFFECTS_CONNECTION,
      [EFFECTS_CONNECTION]: this.effectsUrl,
    };
  }

  /** Rows that the nodes have inserted, by execution and node: `<execution>/<node>`. */
  async rows(): Promise<Map<string, number>> {
    const { rows } = await this.effects.query<{ place: string; count: number }>(
      `SELECT execution_id || '/' || node_id AS place, count(*)::int AS count FROM effects GROUP BY 1`,
    );
    return new Map(rows.map(({ place, count }) => [place, count]));
  }

  /** What stands in a file of the nodes; empty when there is none. */
  async file(name: string): Promise<string> {
    return await readFile(join(this.folder, 'files', name), 'utf8').catch(() => '');
  }

  async end(): Promise<void> {
    await this.effects.end();
    await this.service.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
