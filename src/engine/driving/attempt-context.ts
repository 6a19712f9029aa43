import type { PlanNode } from '../definition/execution-plan.js';
import { NodeError } from '../errors.js';
import type { ExpressionScope } from '../expressions/expression.js';
import type { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { idempotencyKey } from '../idempotency-key.js';
import type { JsonObject, JsonValue } from '../json.js';
import { maskSecrets, maskText } from '../mask-secrets.js';
import { toPlainJson } from '../plain-json.js';
import { seededRandom } from '../seeded-random.js';
import { executeWithRetry } from '../retry/execute-with-retry.js';
import { policyOver } from '../retry/retry-policy.js';
import { LOG_LEVELS, type LogLevel, type NetworkUse, type NodeContext, type Scheduler } from '../ports.js';

/** A node's own checkpoint is small: it is kept in the journal. */
const CHECKPOINT_LIMIT_BYTES = 64 * 1024;

/** One attempt of a node, with everything that it is given. */
export interface AttemptInput {
  executionId: string;
  node: PlanNode;
  run: number;
  /** From 1 within the run. */
  attempt: number;
  /** Epoch ms. */
  startTime: number;
  /** The seq of the last event that it sees. */
  startSeq: number;
  scope: ExpressionScope;
  environment: PinnedEnvironment;
  /** Required inputs that are absent. */
  missingInputs: string[];
  lastCheckpoint?: JsonValue;
}

/** What the context of a node needs from outside. */
export interface ContextPorts {
  scheduler: Scheduler;
  /** A fetch that counts into `use` and obeys the signal. */
  createFetch: (signal: AbortSignal, use: NetworkUse) => NodeContext['fetch'];
  log(nodeId: string, level: LogLevel, message: string, data?: JsonValue): void;
  /** Resolves after the commit. */
  checkpoint(state: JsonValue): Promise<void>;
}

/** What a node sees while it acts. Signal, key and fetch are made when asked for: most pure nodes ask for none. */
export class AttemptContext implements NodeContext {
  private controller: AbortController | undefined;
  private abortReason: unknown;
  private boundFetch: NodeContext['fetch'] | undefined;
  private use: NetworkUse | undefined;

  constructor(
    private readonly input: AttemptInput,
    readonly config: JsonObject,
    private readonly ports: ContextPorts,
  ) {}

  get executionId(): string {
    return this.input.executionId;
  }

  get nodeId(): string {
    return this.input.node.id;
  }

  get run(): number {
    return this.input.run;
  }

  get attempt(): number {
    return this.input.attempt;
  }

  get startTime(): number {
    return this.input.startTime;
  }

  get inputs(): JsonObject {
    return this.input.scope.inputs;
  }

  get variables(): JsonObject {
    return this.input.scope.variables;
  }

  get trigger(): JsonObject {
    return this.input.scope.trigger;
  }

  get lastCheckpoint(): JsonValue | undefined {
    return this.input.lastCheckpoint;
  }

  get idempotencyKey(): string {
    return idempotencyKey(this.executionId, this.nodeId, this.run);
  }

  /** What this attempt has moved so far; undefined when it never asked for a connection. */
  get networkUse(): NetworkUse | undefined {
    return this.use;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  get fetch(): NodeContext['fetch'] {
    this.use ??= { bytesReceived: 0, bytesSent: 0, requestCount: 0 };
    this.boundFetch ??= this.ports.createFetch(this.signal, this.use);
    return this.boundFetch;
  }

  abort(reason: unknown): void {
    this.abortReason = reason;
    this.controller?.abort(reason);
  }

  // What follows may be taken out of the context, as `{ log, checkpoint }`: it needs no `this`.

  get retry(): NodeContext['retry'] {
    return (operation, policy) => {
      const { executionId, nodeId, run, attempt, signal } = this;
      const { retry, type } = this.input.node;
      // A generator of its own: what expressions draw does not depend on it.
      const random = seededRandom(`${executionId}\0${nodeId}\0${run}\0${attempt}\0retry`);
      const ports = { scheduler: this.ports.scheduler, random, signal, finalErrors: type.finalErrors };
      return executeWithRetry(operation, policyOver(retry, policy), ports);
    };
  }

  get log(): NodeContext['log'] {
    return (level, message, data) => {
      const known = LOG_LEVELS.includes(level) ? level : 'info';
      const plain = toPlainJson(data);
      const shown = plain === undefined ? undefined : maskSecrets(plain);
      this.ports.log(this.nodeId, known, maskText(String(message)), shown);
    };
  }

  get checkpoint(): NodeContext['checkpoint'] {
    return async (state) => {
      const kept = toPlainJson(state) ?? null;
      if (Buffer.byteLength(JSON.stringify(kept)) > CHECKPOINT_LIMIT_BYTES) {
        throw new NodeError('CHECKPOINT_TOO_LARGE', `A checkpoint holds at most ${CHECKPOINT_LIMIT_BYTES} bytes`);
      }
      return this.ports.checkpoint(kept);
    };
  }
}
