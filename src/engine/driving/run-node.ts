import { AttemptContext, type AttemptInput, type ContextPorts } from './attempt-context.js';
import type { PlanNode } from '../definition/execution-plan.js';
import { NodeError, type NodeErrorData } from '../errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { toPlainJson } from '../plain-json.js';
import type { NetworkUse, NodeCatalog, NodeResult, NodeWait, Scheduler } from '../ports.js';

/** A wait below this is slept in memory: journaling it would cost more than it saves. */
const SHORT_WAIT_MS = 50;

/** How an attempt came out. `known: false`: something may have happened outside and nobody can tell. */
export type AttemptOutcome =
  | { kind: 'completed'; outputs: JsonObject; port?: string; variables?: JsonObject; network?: NetworkUse }
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
  scheduler: Scheduler;
  catalog: NodeCatalog;
  /** Before an external effect: writes the intent, waits for its commit and sees that the lease still holds. */
  beforeEffect(config: JsonObject): Promise<void>;
}

/**
 * Runs one attempt: inputs, expressions, config check, intent, effect, limit. It settles exactly once; what a node says
 * later is not heard. A pure node that needs no promise settles within {@link start}.
 */
export class Attempt {
  private settled = false;
  private acting = false;
  private context: AttemptContext | undefined;
  private stopTimer: (() => void) | undefined;
  private abortReason: NodeError | undefined;

  constructor(
    readonly input: AttemptInput,
    private readonly ports: AttemptPorts,
    private readonly onOutcome: (outcome: AttemptOutcome) => void,
  ) {}

  start(): void {
    const { missingInputs, node, scope, environment } = this.input;
    if (missingInputs.length > 0) {
      return this.fail(new NodeError('INPUT_MISSING', `Required input absent: ${missingInputs.join(', ')}`));
    }
    this.follow(
      () => node.config.resolve(scope, environment),
      (config) => this.check(config),
    );
  }

  /** Whether it has begun to act outside, so that cutting it off leaves an unknown outcome. */
  get hasActed(): boolean {
    return this.acting && this.input.node.effect === 'external';
  }

  /** Asks it to end; it may still succeed. */
  abort(reason: NodeError): void {
    this.abortReason ??= reason;
    this.context?.abort(this.abortReason);
  }

  /** Ends it now, whatever it is doing. */
  giveUp(reason: NodeError): void {
    this.abort(reason);
    this.fail(reason);
  }

  /** Forgets it: no outcome is told any more. */
  drop(reason: NodeError): void {
    this.settled = true;
    this.stopTimer?.();
    this.abort(reason);
  }

  private check(config: JsonValue): void {
    const { node } = this.input;
    const resolved = isJsonObject(config) ? config : {};
    if (!node.config.isStatic) {
      const problems = this.ports.catalog.checkResolvedConfig(node.type, resolved);
      if (problems.length > 0) {
        const message = problems.map(({ path, message: text }) => (path ? `${path}: ${text}` : text)).join('; ');
        const details = { problems: problems.map(({ path, message: text }) => ({ field: path, message: text })) };
        return this.fail(new NodeError('INVALID_CONFIG', message, { details }));
      }
    }
    if (node.effect !== 'external') return this.act(resolved);
    this.follow(
      () => this.ports.beforeEffect(resolved),
      () => this.act(resolved),
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
    if (!(result instanceof Promise)) return this.take(result);
    this.limit(attemptLimit(this.input.node, config));
    result.then(
      (value) => this.take(value),
      (error: unknown) => this.fail(error),
    );
  }

  private limit(limitMs: number | undefined): void {
    if (limitMs === undefined) return;
    this.stopTimer = this.ports.scheduler.setTimer(Math.min(limitMs, 2 ** 31 - 1), () =>
      this.giveUp(new NodeError('TIMEOUT', `The attempt took longer than ${limitMs} ms`)),
    );
  }

  private take(result: NodeResult): void {
    if (this.settled) return;
    try {
      if (!('wait' in result)) return this.complete(result);
      const { until } = result.wait;
      const left = until === undefined ? Infinity : until - this.ports.scheduler.now();
      if (left >= SHORT_WAIT_MS) return this.settle({ kind: 'waiting', wait: result.wait });
      this.stopTimer?.();
      const sleepEnds = () => this.endShortWait(until ?? this.input.startTime);
      if (left <= 0) sleepEnds();
      else this.stopTimer = this.ports.scheduler.setTimer(left, sleepEnds);
    } catch (error) {
      this.fail(error);
    }
  }

  private endShortWait(until: number): void {
    const { node, startTime } = this.input;
    this.complete(node.type.completeWait?.({ since: startTime, until }) ?? { outputs: {} });
  }

  private complete(result: { outputs: JsonValue; port?: string; variables?: JsonObject }): void {
    const { outputs, variables } = plainResult(result);
    this.settle({ kind: 'completed', outputs, port: result.port, variables, network: this.context?.networkUse });
  }

  private fail(error: unknown): void {
    const known = !this.hasActed || (error instanceof Error && 'effect' in error && error.effect === 'none');
    this.settle({ kind: 'failed', ...describeError(error), known, network: this.context?.networkUse });
  }

  private settle(outcome: AttemptOutcome): void {
    if (this.settled) return;
    this.settled = true;
    this.stopTimer?.();
    this.onOutcome(outcome);
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

/** Outputs are always objects: what a node returns that is none becomes `{ value }`. */
export function plainResult(result: { outputs: JsonValue; variables?: JsonObject }): {
  outputs: JsonObject;
  variables?: JsonObject;
} {
  const outputs = toPlainJson(result.outputs ?? null);
  const variables = result.variables === undefined ? undefined : toPlainJson(result.variables);
  return {
    outputs: isJsonObject(outputs) ? outputs : { value: outputs },
    variables: isJsonObject(variables) ? variables : undefined,
  };
}

/** The smaller of the node's and its config's limit, else the type's; ms. */
function attemptLimit(node: PlanNode, config: JsonObject): number | undefined {
  const limits = [node.timeoutMs, config.timeout].filter((limit) => typeof limit === 'number');
  return limits.length > 0 ? Math.min(...limits) : node.type.timeout;
}

function describeError(error: unknown): { error: NodeErrorData; status?: number; retryAfterMs?: number } {
  if (error instanceof NodeError) {
    const { code, message, details, status, retryAfterMs } = error;
    return { error: details === undefined ? { message, code } : { message, code, details }, status, retryAfterMs };
  }
  if (!(error instanceof Error)) return { error: { message: String(error), code: 'NODE_ERROR' } };
  const { code, status, details } = error as { code?: unknown; status?: unknown; details?: unknown };
  return {
    error: {
      message: error.message,
      code: typeof code === 'string' && code !== '' ? code : 'NODE_ERROR',
      details: details === undefined ? undefined : toPlainJson(details),
      stack: error.stack,
    },
    status: typeof status === 'number' ? status : undefined,
  };
}
