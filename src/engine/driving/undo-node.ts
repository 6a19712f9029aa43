import { NodeError, type NodeErrorData } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { NodeCatalog, Scheduler } from '../ports.js';
import { callAt } from '../scheduling/call-at.js';
import { AttemptContext, type ContextPorts } from './attempt-context.js';
import { describeError } from './describe-error.js';
import { ABORT_ANSWER_MS, attemptLimit } from './run-node.js';
import { configThen, rollbackParameters, type UndoInput } from './undo-parameters.js';

/** How an attempt of a handler came out. */
export type UndoOutcome =
  | { kind: 'undone' }
  | { kind: 'failed'; error: NodeErrorData; status?: number; retryAfterMs?: number };

/** What a handler needs from outside. */
export interface UndoPorts extends Omit<ContextPorts, 'checkpoint'> {
  scheduler: Scheduler;
  catalog: NodeCatalog;
  /** Before the handler acts: its intent is committed, and the lease still holds. */
  beforeEffect(): Promise<void>;
}

/** The key under which a handler acts: the same for every attempt of it. */
export function undoKey(key: string): string {
  return `${key}_undo`;
}

/**
 * One attempt of a node's handler: config and parameters, intent, effect, limit. It settles exactly once; what the handler
 * says later is not heard. One that is called again after that has the same key.
 */
export class Undo {
  private settled = false;
  private context: UndoContext | undefined;
  private stopTimer: (() => void) | undefined;

  constructor(
    readonly input: UndoInput,
    private readonly ports: UndoPorts,
    private readonly onOutcome: (outcome: UndoOutcome) => void,
  ) {}

  start(): void {
    this.act().then(
      () => this.settle({ kind: 'undone' }),
      (error: unknown) => this.fail(error),
    );
  }

  /** Forgets it: no outcome is told any more. */
  drop(reason: NodeError): void {
    this.settled = true;
    this.stopTimer?.();
    this.context?.abort(reason);
  }

  private async act(): Promise<void> {
    const { input, ports } = this;
    const { type } = input.node;
    const config = await configThen(input, ports.catalog);
    const rollback = await rollbackParameters(input, config, ports.catalog);
    await ports.beforeEffect();
    if (this.settled) return;
    if (!type.rollback) throw new NodeError('NO_ROLLBACK_HANDLER', `"${type.type}" has no way to undo what it did`);
    this.context = new UndoContext(input, config, rollback, ports);
    this.limit(config);
    await type.rollback(this.context);
  }

  /** Without a limit of its own it has that of a whole execution. */
  private limit(config: JsonObject): void {
    const { node, source } = this.input;
    const limitMs = attemptLimit(node, config) ?? source.plan.settings.timeout;
    this.after(limitMs, () => this.timeOut(new NodeError('TIMEOUT', `The handler took longer than ${limitMs} ms`)));
  }

  private timeOut(reason: NodeError): void {
    if (this.input.node.type.answersAbort) this.after(ABORT_ANSWER_MS, () => this.fail(reason));
    this.context?.abort(reason);
    if (!this.input.node.type.answersAbort) this.fail(reason);
  }

  private after(ms: number, callback: () => void): void {
    const { scheduler } = this.ports;
    this.stopTimer = callAt(scheduler, scheduler.now() + ms, callback);
  }

  private fail(thrown: unknown): void {
    const { error, status, retryAfterMs } = describeError(thrown);
    this.settle({ kind: 'failed', error, status, retryAfterMs });
  }

  private settle(outcome: UndoOutcome): void {
    if (this.settled) return;
    this.settled = true;
    this.stopTimer?.();
    this.onOutcome(outcome);
  }
}

/** What a handler sees: what the node saw, what it gave, and the compensation parameters. */
class UndoContext extends AttemptContext {
  readonly outputs: JsonObject | undefined;

  constructor(
    input: UndoInput,
    config: JsonObject,
    readonly rollback: JsonObject,
    ports: UndoPorts,
  ) {
    super(input, config, { ...ports, checkpoint: refuseCheckpoint });
    this.outputs = input.outputs;
  }

  override get idempotencyKey(): string {
    return undoKey(super.idempotencyKey);
  }
}

function refuseCheckpoint(): Promise<never> {
  return Promise.reject(new NodeError('NO_CHECKPOINT', 'A handler that undoes a node keeps no checkpoint'));
}
