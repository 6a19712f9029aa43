import type { AttemptCache } from '../caching/attempt-cache.js';
import { AttemptContext, type AttemptInput, type ContextPorts } from './attempt-context.js';
import type { PlanNode } from '../definition/execution-plan.js';
import { NodeError, type NodeErrorData } from '../errors.js';
import { describeError } from './describe-error.js';
import type { JsonObject } from '../json.js';
import { NodeWork } from './node-work.js';
import { plainOutput } from './plain-output.js';
import { resolveConfig } from './resolve-config.js';
import type { CompletedWait, NetworkUse, NodeCatalog, NodeOutput, NodeResult, NodeWait } from '../ports.js';
import { callAt } from '../scheduling/call-at.js';

/** A wait below this is slept in memory: journaling it would cost more than it saves. */
export const SHORT_WAIT_MS = 50;

/** What an own type is told whose `execute` gave none. */
const NO_RESULT = 'execute must give { outputs, port?, variables? } and gave no object';

/** How an attempt came out. `known: false`: something may have happened outside and nobody can tell. */
export type AttemptOutcome =
  | {
      kind: 'completed';
      outputs: JsonObject;
      port?: string;
      variables?: JsonObject;
      /** The node did not act: it gave this before. */
      cached?: true;
      network?: NetworkUse;
    }
  | { kind: 'waiting'; wait: NodeWait }
  | {
      kind: 'failed';
      error: NodeErrorData;
      known: boolean;
      status?: number;
      retryAfterMs?: number;
      network?: NetworkUse;
    };

/** What an attempt needs from outside. */
export interface AttemptPorts extends ContextPorts {
  catalog: NodeCatalog;
  /** Present when the node's output may be reused and kept. */
  cache?: AttemptCache;
  /** Before an external effect: writes the intent, waits for its commit and sees that the lease still holds. */
  beforeEffect(config: JsonObject): Promise<void>;
}

/**
 * Runs one attempt: inputs, expressions, config check, cache, intent, effect, limit. It settles exactly once; what a node says
 * later is not heard. A pure node that needs no promise settles within {@link start}.
 */
export class Attempt extends NodeWork<AttemptOutcome> {
  private acting = false;

  constructor(
    input: AttemptInput,
    private readonly ports: AttemptPorts,
    onOutcome: (outcome: AttemptOutcome) => void,
  ) {
    super(input, onOutcome);
  }

  start(): void {
    const { missingInputs } = this.input;
    if (missingInputs.length > 0) {
      return this.fail(new NodeError('INPUT_MISSING', `Required input absent: ${missingInputs.join(', ')}`));
    }
    this.follow(
      () => resolveConfig(this.input, this.ports.catalog),
      (config) => this.use(config),
    );
  }

  /** The node's wait has come due: settles at once. */
  endWait(wait: CompletedWait): void {
    try {
      const result = this.input.node.type.completeWait?.(wait) ?? { outputs: {} };
      this.complete({ ...result, volatile: true });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether it has begun to act outside, so that cutting it off leaves an unknown outcome. */
  get hasActed(): boolean {
    return this.acting && this.input.node.effect === 'external';
  }

  giveUp(reason: NodeError): void {
    this.abort(reason);
    this.fail(reason);
  }

  private use(config: JsonObject): void {
    if (this.abortReason) return this.fail(this.abortReason);
    const { node, scope, environment } = this.input;
    const known = environment.wasRead ? undefined : this.ports.cache?.find(node.type, config, scope);
    if (known) return this.settle({ kind: 'completed', ...known, cached: true });
    if (node.effect !== 'external') return this.act(config);
    this.follow(
      () => this.ports.beforeEffect(config),
      () => this.act(config),
    );
  }

  private act(config: JsonObject): void {
    if (this.abortReason) return this.fail(this.abortReason);
    const context = new AttemptContext(this.input, config, this.ports);
    this.context = context;
    this.acting = true;
    let result: NodeResult | Promise<NodeResult>;
    try {
      result = this.input.node.type.execute(context);
    } catch (error) {
      return this.fail(error);
    }
    if (!isThenable(result)) return this.take(result);
    const limitMs = attemptLimit(this.input.node, config);
    if (limitMs !== undefined) this.giveUpAfter(limitMs, this.ports.scheduler, 'The attempt');
    Promise.resolve(result).then(
      (value) => this.take(value),
      (error: unknown) => this.fail(error),
    );
  }

  private take(result: NodeResult): void {
    if (this.settled) return;
    try {
      // Own types may give anything at all.
      if (typeof result !== 'object' || result === null) throw new NodeError('NODE_ERROR', NO_RESULT);
      if (!('wait' in result)) return this.complete(result);
      this.wait(result.wait);
    } catch (error) {
      this.fail(error);
    }
  }

  private wait(wait: NodeWait): void {
    const { scheduler } = this.ports;
    const { until } = wait;
    if (until === undefined || until - scheduler.now() >= SHORT_WAIT_MS) return this.settle({ kind: 'waiting', wait });
    this.stopTimer?.();
    const end = () => this.endWait({ since: this.input.startTime, until });
    if (until <= scheduler.now()) end();
    else this.stopTimer = callAt(scheduler, until, end);
  }

  private complete(result: NodeOutput): void {
    const output = plainOutput(result);
    if (!result.volatile && !this.input.environment.wasRead) this.ports.cache?.keep(output);
    this.settle({ kind: 'completed', ...output, network: this.context?.networkUse });
  }

  private fail(error: unknown): void {
    const { hadNoEffect, ...described } = describeError(error);
    const known = !this.hasActed || hadNoEffect;
    this.settle({ kind: 'failed', ...described, known, network: this.context?.networkUse });
  }

  private follow<T>(work: () => T | Promise<T>, next: (value: T) => void): void {
    let value: T | Promise<T>;
    try {
      value = work();
    } catch (error) {
      return this.fail(error);
    }
    if (!(value instanceof Promise)) return next(value);
    value.then(
      (resolved) => {
        if (!this.settled) next(resolved);
      },
      (error: unknown) => this.fail(error),
    );
  }
}

/** Own types may use promises of another library. */
function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** The smaller of the node's and its config's limit, else the type's; ms. A type may keep its config's itself. */
export function attemptLimit(node: PlanNode, config: JsonObject): number | undefined {
  const limits = [node.timeoutMs, node.type.keepsTimeout ? undefined : config.timeout].filter(
    (limit) => typeof limit === 'number',
  );
  return limits.length > 0 ? Math.min(...limits) : node.type.timeout;
}
