import { NodeError, type NodeErrorData } from '../errors.js';
import { undoKey } from '../idempotency-key.js';
import type { JsonObject } from '../json.js';
import type { NetworkUse, NodeCatalog } from '../ports.js';
import { AttemptContext, type ContextPorts } from './attempt-context.js';
import { describeError } from './describe-error.js';
import { NodeWork } from './node-work.js';
import { attemptLimit } from './run-node.js';
import { configThen, rollbackParameters, type UndoInput } from './undo-parameters.js';

/** How an attempt of a handler came out. */
export type UndoOutcome =
  | { kind: 'undone'; network?: NetworkUse }
  | { kind: 'failed'; error: NodeErrorData; status?: number; retryAfterMs?: number; network?: NetworkUse };

/** What a handler needs from outside. */
export interface UndoPorts extends Omit<ContextPorts, 'checkpoint'> {
  catalog: NodeCatalog;
  /** Before the handler acts: its intent is committed, and the lease still holds. */
  beforeEffect(): Promise<void>;
}

/**
 * One attempt of a node's handler: config and parameters, intent, effect, limit. It settles exactly once; what the handler
 * says later is not heard. One that is called again after that has the same key.
 */
export class Undo extends NodeWork<UndoOutcome, UndoInput> {
  constructor(
    input: UndoInput,
    private readonly ports: UndoPorts,
    onOutcome: (outcome: UndoOutcome) => void,
  ) {
    super(input, onOutcome);
  }

  start(): void {
    this.act().then(
      () => this.settle({ kind: 'undone', network: this.context?.networkUse }),
      (error: unknown) => this.fail(error),
    );
  }

  giveUp(reason: NodeError): void {
    this.abort(reason);
    this.fail(reason);
  }

  private async act(): Promise<void> {
    const { input, ports } = this;
    const { type } = input.node;
    const config = await configThen(input, ports.catalog);
    const rollback = await rollbackParameters(input, config, ports.catalog);
    await ports.beforeEffect();
    if (this.settled) return;
    if (!type.rollback) throw new NodeError('NO_ROLLBACK_HANDLER', `"${type.type}" has no way to undo what it did`);
    const context = new UndoContext(input, config, rollback, ports);
    this.context = context;
    // Without a limit of its own it has that of a whole execution.
    const limitMs = attemptLimit(input.node, config) ?? input.source.plan.settings.timeout;
    this.giveUpAfter(limitMs, ports.scheduler, 'The handler');
    await type.rollback(context);
  }

  private fail(thrown: unknown): void {
    const { error, status, retryAfterMs } = describeError(thrown);
    this.settle({ kind: 'failed', error, status, retryAfterMs, network: this.context?.networkUse });
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
    return undoKey(this.executionId, this.nodeId, this.run);
  }
}

function refuseCheckpoint(): Promise<never> {
  return Promise.reject(new NodeError('NO_CHECKPOINT', 'A handler that undoes a node keeps no checkpoint'));
}
