import type { DataFlow } from '../data-flow.js';
import type { PlanNode } from '../definition/execution-plan.js';
import { NodeError } from '../errors.js';
import { AttemptCache } from '../caching/attempt-cache.js';
import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import { scopeOf, type ScopeSource } from '../expressions/expression-scope.js';
import { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { idempotencyKey } from '../idempotency-key.js';
import type { JournalEvent } from '../journal/events.js';
import { nodeOf } from '../journal/fold-nodes.js';
import type { JsonObject } from '../json.js';
import { intentConfig } from '../journal/intent-config.js';
import { mayBegin } from '../retry/decide-retry.js';
import { decideEdges, type EdgeDecisions } from '../scheduling/decide-edges.js';
import { seededRandom } from '../seeded-random.js';
import { hasOpenIntent } from '../state/execution-state.js';
import type { AttemptInput } from './attempt-context.js';
import { outcomeEvent, retryDelay, retryingEvent } from './drive-outcome.js';
import type { DriverPorts } from './driver-ports.js';
import { verboseStartOf } from './engine-log.js';
import { afterInterruption } from './interrupted-work.js';
import { Attempt, type AttemptOutcome, type AttemptPorts } from './run-node.js';

/** What the runner asks of the driver. */
export interface RunnerHost {
  /** Folds and journals an event. */
  append(event: JournalEvent): void;
  /** Does the work unless the driver has stopped; an error in it is the driver's to handle. */
  guard(work: () => void): void;
  /** Epoch ms for the next event. */
  timestamp(): number;
  /** The outcome of an attempt has been journaled. */
  recorded(node: PlanNode, event: JournalEvent): void;
  /** False once the execution ends or fails: no further attempt is planned. */
  mayRetry(): boolean;
  /** The error that replaces an attempt's own one, while the execution is being cancelled. */
  endingError(): NodeError | null;
}

/** Runs the nodes that the driver decided to run, and journals what came of each. */
export class NodeRunner {
  private readonly attempts = new Map<number, Attempt>();
  private readonly evaluations: ExecutionEvaluations;

  constructor(
    private readonly source: ScopeSource & { flow: DataFlow },
    private readonly ports: DriverPorts,
    private readonly host: RunnerHost,
  ) {
    this.evaluations = new ExecutionEvaluations(ports.turns);
  }

  /** Attempts that have not ended. */
  get size(): number {
    return this.attempts.size;
  }

  running(): AttemptInput[] {
    return [...this.attempts.values()].map(({ input }) => input);
  }

  /** Begins the node's next attempt; a node that needs no promise has ended when this returns. */
  run(node: PlanNode): void {
    if (this.isTooLate(node)) return this.giveUpRetry(node);
    const input = this.nextAttempt(node);
    if (this.source.plan.settings.verboseLogging) this.ports.journal.log(verboseStartOf(input));
    this.take(input).start();
  }

  /** The next attempt was due in time, but a pause or a full house kept it waiting. */
  private isTooLate(node: PlanNode): boolean {
    const { retryAt, firstStartTime = 0 } = nodeOf(this.source.state, node.id);
    return retryAt !== undefined && !mayBegin(node.retry, firstStartTime, this.host.timestamp());
  }

  /** The node's last attempt was the last one after all. */
  private giveUpRetry(node: PlanNode): void {
    const { attempt, startTime = 0, startSeq = 0, error, outcome } = nodeOf(this.source.state, node.id);
    const last = this.take({ ...this.nextAttempt(node), attempt, startTime, startSeq });
    const { code = '', message = '', ...more } = error ?? {};
    this.conclude(last, { kind: 'failed', error: { code, message, ...more }, known: outcome === undefined });
  }

  /** The node fails for good without having run. */
  fail(node: PlanNode, error: NodeError): void {
    this.take(this.nextAttempt(node)).giveUp(error);
  }

  /** The node's wait has come due. */
  endWait(node: PlanNode): void {
    const { run, attempt, waiting, startTime = 0, startSeq = 0 } = nodeOf(this.source.state, node.id);
    if (!waiting) return;
    const environment = this.environment(node, run, startTime);
    const waited = this.take({ ...this.nextAttempt(node), attempt, startTime, startSeq, environment });
    waited.endWait({ since: waiting.since, until: waiting.until ?? this.host.timestamp() });
  }

  /** Tells every attempt to end; each may still succeed. */
  abortAll(reason: NodeError): void {
    for (const attempt of this.attempts.values()) attempt.abort(reason);
  }

  /** Ends every attempt now. */
  giveUpAll(reason: NodeError): void {
    for (const attempt of this.attempts.values()) attempt.giveUp(reason);
  }

  /** Cuts every attempt off without an outcome; a node that may have acted is journaled as interrupted. */
  interruptAll(cause: 'abort' | 'shutdown'): void {
    for (const attempt of this.dropAll()) {
      const { node, run, attempt: number, startTime } = attempt.input;
      if (!hasOpenIntent(nodeOf(this.source.state, node.id))) continue;
      const timestamp = this.host.timestamp();
      const then = attempt.hasActed ? afterInterruption(node) : 'retry';
      const event = { nodeId: node.id, run, attempt: number, startTime, endTime: timestamp, cause, then };
      this.host.append({ type: 'node:interrupted', timestamp, ...event });
    }
  }

  /** Forgets every attempt, and gives those that it forgot. */
  dropAll(): Attempt[] {
    const dropped = [...this.attempts.values()];
    this.attempts.clear();
    for (const attempt of dropped) attempt.drop(new NodeError('CANCELLED', 'The attempt was cut off'));
    return dropped;
  }

  /** No attempt follows: expressions that are still being evaluated are of no use any more. */
  close(): void {
    this.evaluations.close();
  }

  private nextAttempt(node: PlanNode): AttemptInput {
    const state = nodeOf(this.source.state, node.id);
    const { inputs, missing } = this.source.flow.inputs(node);
    const startTime = this.host.timestamp();
    return {
      executionId: this.source.executionId,
      node,
      run: state.run,
      attempt: state.attempt + 1,
      startTime,
      startSeq: this.source.state.seq,
      scope: scopeOf(this.source, node, inputs, node.reads),
      environment: this.environment(node, state.run, startTime),
      missingInputs: missing,
      lastCheckpoint: state.checkpoint,
    };
  }

  private take(input: AttemptInput): Attempt {
    const { index } = input.node;
    const ports = this.attemptPorts(input, () => this.attempts.get(index) === attempt);
    const attempt: Attempt = new Attempt(input, ports, (outcome) =>
      this.host.guard(() => this.conclude(attempt, outcome)),
    );
    this.attempts.set(index, attempt);
    return attempt;
  }

  private environment(node: PlanNode, run: number, now: number): PinnedEnvironment {
    const random = seededRandom(`${this.source.executionId}\0${node.id}\0${run}`);
    return new PinnedEnvironment(now, random, this.evaluations);
  }

  private cacheFor({ type }: PlanNode): AttemptCache | undefined {
    const { enableCache, cacheTTL } = this.source.plan.settings;
    if (!enableCache || type.cacheable !== true) return undefined;
    return new AttemptCache(this.ports.cache, this.ports.scheduler, cacheTTL);
  }

  private attemptPorts(input: AttemptInput, isInHand: () => boolean): AttemptPorts {
    const { ports, host } = this;
    const { id: nodeId } = input.node;
    return {
      scheduler: ports.scheduler,
      catalog: ports.catalog,
      cache: this.cacheFor(input.node),
      createFetch: ports.createFetch,
      log: (from, level, message, data) =>
        host.guard(() => ports.journal.log({ nodeId: from, timestamp: host.timestamp(), level, message, data })),
      checkpoint: (state) => {
        // Nothing late is written; its commit never comes.
        if (!isInHand()) return new Promise(() => undefined);
        host.append({ type: 'node:checkpoint', timestamp: host.timestamp(), nodeId, run: input.run, state });
        return ports.journal.committed();
      },
      beforeEffect: async (config: JsonObject) => {
        const { run, attempt, executionId } = input;
        const key = idempotencyKey(executionId, nodeId, run);
        const intent = { nodeId, run, attempt, key, instance: ports.instanceId(), config: intentConfig(config) };
        host.append({ type: 'node:started', timestamp: host.timestamp(), ...intent });
        await ports.journal.committed();
        await ports.confirmLease();
      },
    };
  }

  private conclude(attempt: Attempt, outcome: AttemptOutcome): void {
    const { input } = attempt;
    const final = outcome.kind === 'failed' ? this.asEnding(outcome) : outcome;
    if (final.kind === 'waiting') return this.record(attempt, outcomeEvent(input, final, this.host.timestamp()));
    if (final.kind === 'failed' && this.host.mayRetry()) {
      const now = this.host.timestamp();
      const delay = retryDelay(input, nodeOf(this.source.state, input.node.id), final, now);
      if (delay !== null) return this.record(attempt, retryingEvent(input, final, now, delay));
    }
    const finish = (edges: EdgeDecisions | undefined) =>
      this.record(attempt, outcomeEvent(input, final, this.host.timestamp(), edges));
    const edges = decideEdges(input.node, final, () => this.scopeAfter(input, final), input.environment);
    if (edges instanceof Promise) void edges.then((decided) => this.host.guard(() => finish(decided)));
    else finish(edges);
  }

  /** While the execution is being cancelled, a failure is the cancellation's. */
  private asEnding(outcome: Extract<AttemptOutcome, { kind: 'failed' }>): AttemptOutcome {
    const error = this.host.endingError();
    return error ? { ...outcome, error: { code: error.code, message: error.message } } : outcome;
  }

  /** What a condition sees: the node's own outputs and variables are there already. */
  private scopeAfter(input: AttemptInput, outcome: Exclude<AttemptOutcome, { kind: 'waiting' }>) {
    const { node, scope } = input;
    const after = scopeOf(this.source, node, scope.inputs, { nodes: [], computed: readsNodes(node) });
    if (outcome.kind !== 'completed') return after;
    return {
      ...after,
      variables: { ...after.variables, ...outcome.variables },
      nodes: { ...after.nodes, [node.id]: outcome.outputs },
    };
  }

  private record(attempt: Attempt, event: JournalEvent): void {
    const { node } = attempt.input;
    // Whoever dropped it in the meantime does not want its outcome any more.
    if (this.attempts.get(node.index) !== attempt) return;
    this.attempts.delete(node.index);
    this.host.append(event);
    this.host.recorded(node, event);
  }
}

function readsNodes(node: PlanNode): boolean {
  return node.outgoing.some(
    ({ condition }) => condition && (condition.references.computed || condition.references.ids.length > 0),
  );
}
