import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/engine/ports.js';
import { call } from './api-client.js';
import type { ChaosWorkflow } from './chaos-workflows.js';

const CLIENTS = 4;
const PAUSE_MS = 8;
/** Of so many creations one comes with an Idempotency-Key, again and again until it is answered. */
const KEYED_EVERY = 4;
/** Of the executions that were accepted last, commands go to one of so many. */
const RECENT = 40;

/** Clients that start executions, and one that pauses, resumes and cancels them, on servers that come and go. */
export class ChaosLoad {
  /** By execution, from the 201. */
  readonly accepted = new Map<string, ChaosWorkflow>();
  /** Executions that a cancellation was sent to; true: it was answered, and the execution was cancelled. */
  readonly cancelled = new Map<string, boolean>();
  /** Requests without an answer, or with another one than success. */
  refused = 0;
  /** Creations with an Idempotency-Key that were sent more than once. */
  repeatedCreations = 0;
  /** Told of each 201 at once. */
  onAccepted: (executionId: string) => Promise<void> = () => Promise.resolve();
  private creations = 0;
  private running: Promise<unknown> | undefined;
  private hasEnded = false;

  constructor(
    private readonly workflows: readonly ChaosWorkflow[],
    private readonly random: Random,
    /** Where servers listen now; they may be gone when they are asked. */
    private readonly urls: () => string[],
  ) {}

  begin(): void {
    this.hasEnded = false;
    this.running = Promise.all([...Array.from({ length: CLIENTS }, () => this.create()), this.command()]);
    // What went wrong is told at the end, when what was started has been stopped.
    this.running.catch(() => undefined);
  }

  /** Resolves when no request is under way. */
  async end(): Promise<void> {
    this.hasEnded = true;
    await this.running;
  }

  private async create(): Promise<void> {
    while (!this.hasEnded) {
      const workflow = this.pick(this.workflows) as ChaosWorkflow;
      this.creations += 1;
      const key = this.creations % KEYED_EVERY === 0 ? `key ${this.creations}` : undefined;
      const id = key === undefined ? await this.post(workflow) : await this.postUntilAnswered(workflow, key);
      if (id === undefined) this.refused += 1;
      else {
        this.accepted.set(id, workflow);
        await this.onAccepted(id);
      }
      await delay(PAUSE_MS);
    }
  }

  /** What was answered to one key is one execution, however often it was sent. */
  private async postUntilAnswered(workflow: ChaosWorkflow, key: string): Promise<string | undefined> {
    let id = await this.post(workflow, key);
    if (id !== undefined) return id;
    this.repeatedCreations += 1;
    while (id === undefined && !this.hasEnded) {
      await delay(PAUSE_MS);
      id = await this.post(workflow, key);
    }
    const again = id === undefined ? undefined : await this.post(workflow, key);
    if (again !== undefined && again !== id) throw new Error(`${key} has given ${id} and ${again}`);
    return id;
  }

  /** The execution that was answered with success. */
  private async post({ document }: ChaosWorkflow, key?: string): Promise<string | undefined> {
    const url = this.pick(this.urls());
    if (url === undefined) return undefined;
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const answer = await call(url, 'POST', '/executions', { workflowId: document.id }, headers);
    return answer.status === 201 || answer.status === 200 ? answer.data.id : undefined;
  }

  private async command(): Promise<void> {
    while (!this.hasEnded) {
      await delay(PAUSE_MS * 3);
      const url = this.pick(this.urls());
      const id = this.pick([...this.accepted.keys()].slice(-RECENT));
      if (url === undefined || id === undefined) continue;
      const choice = this.random();
      if (choice < 0.15) await this.cancel(url, id);
      else if (choice < 0.4) await call(url, 'PUT', `/executions/${id}/status`, { status: 'paused', mode: 'abort' });
      else if (choice < 0.6) await call(url, 'PUT', `/executions/${id}/status`, { status: 'paused' });
      else await this.resume(url, id);
    }
  }

  /** Not where a person has to say first what became of a node: a resume would repeat it. */
  private async resume(url: string, id: string): Promise<void> {
    const { status, data } = await call(url, 'GET', `/executions/${id}`);
    if (status !== 200 || data.attention === 'unknown') return;
    const path = `/executions/${id}/status`;
    await call(url, 'PUT', path, { status: 'running' }, { 'if-match': String(data.seq) });
  }

  private async cancel(url: string, id: string): Promise<void> {
    if (!this.cancelled.has(id)) this.cancelled.set(id, false);
    const { status, data } = await call(url, 'POST', `/executions/${id}/cancel`, {});
    if (status === 200 && data.status === 'cancelled') this.cancelled.set(id, true);
  }

  private pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }
}
