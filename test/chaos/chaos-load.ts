import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/engine/ports.js';
import { call } from './api-client.js';
import type { ChaosWorkflow } from './chaos-workflows.js';

const CLIENTS = 4;
const PAUSE_MS = 8;
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
  }

  /** Resolves when no request is under way. */
  async end(): Promise<void> {
    this.hasEnded = true;
    await this.running;
  }

  private async create(): Promise<void> {
    while (!this.hasEnded) {
      const workflow = this.pick(this.workflows) as ChaosWorkflow;
      const url = this.pick(this.urls());
      const body = { workflowId: workflow.document.id };
      const answer = url === undefined ? undefined : await call(url, 'POST', '/executions', body);
      if (answer?.status === 201) this.accepted.set(answer.data.id, workflow);
      else this.refused += 1;
      await delay(PAUSE_MS);
    }
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
      else await call(url, 'PUT', `/executions/${id}/status`, { status: 'running' });
    }
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
