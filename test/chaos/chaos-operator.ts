import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../../src/engine/journal/execution-record.js';
import type { JsonObject } from '../../src/engine/json.js';
import { call } from './api-client.js';
import type { ChaosWorld } from './chaos-world.js';
import type { JournalReader } from './journal-reader.js';

const LOOK_MS = 200;
/** A statement whose client was killed may still commit for a moment. */
const SETTLE_AFTER_MS = 1500;

/**
 * The person on duty: says what became of nodes that nobody knows the outcome of, by looking at the world, and sets going
 * what is paused.
 */
export class ChaosOperator {
  settled = 0;
  crashLoops = 0;

  constructor(
    private readonly world: ChaosWorld,
    private readonly journal: JournalReader,
  ) {}

  /**
   * Resolves when every execution has ended.
   * @throws Error naming those that have not within `withinMs`
   */
  async finish(url: string, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    await delay(SETTLE_AFTER_MS);
    for (;;) {
      const unended = await this.journal.unended();
      if (unended.length === 0) return;
      if (performance.now() > deadline) throw new Error(`Not ended: ${JSON.stringify(unended.slice(0, 20))}`);
      for (const { id, status } of unended) if (status === 'paused') await this.goOn(url, id);
      await delay(LOOK_MS);
    }
  }

  private async goOn(url: string, id: string): Promise<void> {
    const { data: record } = await call(url, 'GET', `/executions/${id}`);
    if (record.attention === 'crash-loop') this.crashLoops += 1;
    for (const node of record.nodes) {
      if (node.error?.code !== 'OUTCOME_UNKNOWN') continue;
      const body = { reason: 'Looked at the world', ...(await this.seen(record, node.nodeId)) };
      const { status, message } = await call(url, 'POST', `/executions/${id}/nodes/${node.nodeId}/settle`, body);
      if (status !== 200) throw new Error(`Settling ${node.nodeId} of ${id}: ${message}`);
      this.settled += 1;
    }
    const { status, message } = await call(url, 'PUT', `/executions/${id}/status`, { status: 'running' });
    if (status !== 200 && status !== 409) throw new Error(`Resuming ${id}: ${message}`);
  }

  private async seen({ id }: ExecutionRecord, nodeId: string): Promise<JsonObject> {
    const rows = (await this.world.rows()).get(`${id}/${nodeId}`) ?? 0;
    if (rows > 0) return { status: 'completed', outputs: { rows: [], rowCount: 1, committed: true } };
    const path = `${id}.log`;
    const lines = await this.world.file(path);
    if (lines.includes(`${nodeId}\n`)) return { status: 'completed', outputs: { path, bytes: lines.length } };
    return { status: 'pending' };
  }
}
