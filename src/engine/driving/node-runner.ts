import type { DataFlow } from '../data-flow.js';
import type { PlanNode } from '../definition/execution-plan.js';
import { NodeError } from '../errors.js';
import { AttemptCache } from '../caching/attempt-cache.js';
import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import { idempotencyKey } from '../idempotency-key.js';
import type { JournalEvent } from '../journal/events.js';
import { nodeOf } from '../journal/fold-nodes.js';
import type { JsonObject } from '../json.js';
import { intentConfig } from '../journal/intent-config.js';
import { mayBegin } from '../retry/decide-retry.js';
import { decideEdges, type EdgeDecisions } from '../scheduling/decide-edges.js';
import { hasOpenIntent } from '../state/execution-state.js';
import type { AttemptInput } from './attempt-context.js';
import { AttemptInputs } from './attempt-inputs.js';
import { outcomeEvent, retryDelay, retryingEvent } from './drive-outcome.js';
import type { DriverPorts } from './driver-ports.js';
import { probeLineOf, verboseStartOf } from './engine-log.js';
import { afterInterruption, asksEvent } from './interrupted-work.js';
import { Probe, type ProbeOutcome } from './probe-node.js';
import { Attempt, type AttemptOutcome, type AttemptPorts } from './run-node.js';
import { scopeAfter } from './scope-after.js';

/** What a node is in hand for. */
type Work = Attempt | Probe;

type Failed = Extract<AttemptOutcome, { kind: 'failed' }>;

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
  /** The attempt that was cut off did not happen: the node may run again as soon as anything may start. */
  mayRunAgain(node: PlanNode): void;
  /** False once the execution ends or fails: no further attempt is planned. */
  mayRetry(): boolean;
  /** The error that replaces an attempt's own one, while the execution is being cancelled. */
  endingError(): NodeError | null;
}

/** Runs the nodes that the driver decided to run, and journals what came of each. */
export class NodeRunner {
  /** By node. */
  private readonly inHand = new Map<number, Work>();
  /** Nodes whose attempt that was cut off did not happen, by a probe of this process: they run next. */
  private readonly didNotHappen = new Set<number>();
  private readonly evaluations: ExecutionEvaluations;
  private readonly inputs: AttemptInputs;

  constructor(
    private readonly source: ScopeSource & { flow: DataFlow },
    private readonly ports: DriverPorts,
    private readonly host: RunnerHost,
  ) {
    this.evaluations = new ExecutionEvaluations(ports.turns);
    this.inputs = new AttemptInputs(source, this.evaluations, () => host.timestamp());
  }

  /** Attempts and probes that have not ended. */
  get size(): number {
    return this.inHand.size;
  }

  /** Whether the execution's time goes on: a probe looks at an attempt whose time has been counted. */
  get isActing(): boolean {
    for (const work of this.inHand.values()) if (work instanceof Attempt) return true;
    return false;
  }

  /** What is in hand; a probe is that of the attempt at which it looks. */
  running(): AttemptInput[] {
    return [...this.inHand.values()].map(({ input }) => input);
  }

  /**
   * Begins the node's next attempt, or looks first what came of the last one; a node that needs no promise has ended when
   * this returns.
   */
  run(node: PlanNode): void {
    if (nodeOf(this.source.state, node.id).toProbe && !this.didNotHappen.delete(node.index)) return this.probe(node);
    if (this.isTooLate(node)) return this.giveUpRetry(node);
    const input = this.inputs.next(node);
    if (this.source.plan.settings.verboseLogging) this.ports.journal.log(verboseStartOf(input));
    this.take(input).start();
  }

  private probe(node: PlanNode): void {
    const input = this.inputs.asItWas(node);
    const { scheduler, catalog, createFetch, journal } = this.ports;
    const committed = () => journal.committed();
    const ports = { scheduler, catalog, createFetch, committed, log: this.logPort() };
    const probe: Probe = new Probe(input, ports, (outcome) =>
      this.host.guard(() => this.concludeProbe(probe, outcome)),
    );
    this.inHand.set(node.index, probe);
    probe.start();
  }

  /** The next attempt was due in time, but a pause or a full house kept it waiting. */
  private isTooLate(node: PlanNode): boolean {
    const { retryAt, firstStartTime = 0 } = nodeOf(this.source.state, node.id);
    return retryAt !== undefined && !mayBegin(node.retry, firstStartTime, this.host.timestamp());
  }

  /** The node's last attempt was the last one after all. */
  private giveUpRetry(node: PlanNode): void {
    const { error, outcome } = nodeOf(this.source.state, node.id);
    const last = this.take(this.inputs.last(node));
    const { code = '', message = '', ...more } = error ?? {};
    this.conclude(last, { kind: 'failed', error: { code, message, ...more }, known: outcome === undefined });
  }

  /** The node fails for good without having run. */
  fail(node: PlanNode, error: NodeError): void {
    this.take(this.inputs.next(node)).giveUp(error);
  }

  /** The node's wait has come due. */
  endWait(node: PlanNode): void {
    const { waiting } = nodeOf(this.source.state, node.id);
    if (!waiting) return;
    const waited = this.take(this.inputs.last(node));
    waited.endWait({ since: waiting.since, until: waiting.until ?? this.host.timestamp() });
  }

  /** Tells every attempt to end; each may still succeed. */
  abortAll(reason: NodeError): void {
    for (const work of this.inHand.values()) work.abort(reason);
  }

  /** Ends every attempt now. */
  giveUpAll(reason: NodeError): void {
    for (const work of this.inHand.values()) work.giveUp(reason);
  }

  /**
   * Cuts everything off without an outcome; a node that may have acted is journaled as interrupted. A probe is made anew
   * when the execution goes on.
   */
  interruptAll(cause: 'abort' | 'shutdown'): void {
    for (const work of this.dropAll()) {
      const { node, run, attempt, startTime } = work.input;
      if (!hasOpenIntent(nodeOf(this.source.state, node.id))) continue;
      const timestamp = this.host.timestamp();
      const then = work instanceof Attempt && work.hasActed ? afterInterruption(node) : 'retry';
      const event = { nodeId: node.id, run, attempt, startTime, endTime: timestamp, cause, then };
      this.host.append({ type: 'node:interrupted', timestamp, ...event });
    }
  }

  /** Forgets everything in hand, and gives what it forgot. */
  dropAll(): Work[] {
    const dropped = [...this.inHand.values()];
    this.inHand.clear();
    for (const work of dropped) work.drop(new NodeError('CANCELLED', 'The attempt was cut off'));
    return dropped;
  }

  /** No attempt follows: expressions that are still being evaluated are of no use any more. */
  close(): void {
    this.evaluations.close();
  }

  private take(input: AttemptInput): Attempt {
    const { index } = input.node;
    const ports = this.attemptPorts(input, () => this.inHand.get(index) === attempt);
    const attempt: Attempt = new Attempt(input, ports, (outcome) =>
      this.host.guard(() => this.conclude(attempt, this.withDoubt(input, outcome))),
    );
    this.inHand.set(index, attempt);
    return attempt;
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
      log: this.logPort(),
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

  private logPort(): AttemptPorts['log'] {
    const { ports, host } = this;
    return (nodeId, level, message, data) =>
      host.guard(() => ports.journal.log({ nodeId, timestamp: host.timestamp(), level, message, data }));
  }

  /**
   * An attempt that surely did nothing says nothing of one before it whose outcome is unknown, unless the service itself
   * answered under their common key.
   */
  private withDoubt({ node }: AttemptInput, outcome: AttemptOutcome): AttemptOutcome {
    if (outcome.kind !== 'failed' || outcome.status !== undefined) return outcome;
    return nodeOf(this.source.state, node.id).isInDoubt ? { ...outcome, known: false } : outcome;
  }

  private concludeProbe(probe: Probe, outcome: ProbeOutcome): void {
    const { input } = probe;
    const timestamp = this.host.timestamp();
    const line = probeLineOf(input, outcome, timestamp);
    if (line) this.ports.journal.log(line);
    if (outcome.kind === 'completed' || outcome.kind === 'failed') return this.conclude(probe, outcome);
    const ending = this.host.endingError();
    if (ending) {
      const { code, message } = ending;
      return this.conclude(probe, { kind: 'failed', error: { code, message }, known: outcome.kind !== 'unknown' });
    }
    const { node } = input;
    if (outcome.kind === 'unknown') {
      return this.record(probe, asksEvent(input, nodeOf(this.source.state, node.id), timestamp));
    }
    this.inHand.delete(node.index);
    this.didNotHappen.add(node.index);
    this.host.mayRunAgain(node);
  }

  private conclude(work: Work, outcome: AttemptOutcome): void {
    const { input } = work;
    const final = outcome.kind === 'failed' ? this.asEnding(outcome) : outcome;
    if (final.kind === 'waiting') return this.record(work, outcomeEvent(input, final, this.host.timestamp()));
    if (final.kind === 'failed' && this.host.mayRetry()) {
      const now = this.host.timestamp();
      const delay = retryDelay(input, nodeOf(this.source.state, input.node.id), final, now);
      if (delay !== null) return this.record(work, retryingEvent(input, final, now, delay));
    }
    const finish = (edges: EdgeDecisions | undefined) =>
      this.record(work, outcomeEvent(input, final, this.host.timestamp(), edges));
    const { node, environment, scope } = input;
    const gave = final.kind === 'completed' ? final : undefined;
    const edges = decideEdges(node, final, () => scopeAfter(this.source, node, scope.inputs, gave), environment);
    if (edges instanceof Promise) void edges.then((decided) => this.host.guard(() => finish(decided)));
    else finish(edges);
  }

  /** While the execution is being cancelled, a failure is the cancellation's. */
  private asEnding(outcome: Failed): AttemptOutcome {
    const error = this.host.endingError();
    return error ? { ...outcome, error: { code: error.code, message: error.message } } : outcome;
  }

  private record(work: Work, event: JournalEvent): void {
    const { node } = work.input;
    // Whoever dropped it in the meantime does not want its outcome any more.
    if (this.inHand.get(node.index) !== work) return;
    this.inHand.delete(node.index);
    this.host.append(event);
    if (work instanceof Attempt) this.count(event);
    this.host.recorded(node, event);
  }

  /** For statistics; a probe says nothing of how long the node takes. */
  private count(event: JournalEvent): void {
    if (event.type !== 'node:completed' && event.type !== 'node:failed') return;
    const hasFailed = event.type === 'node:failed';
    if (hasFailed ? this.host.endingError() : event.cached) return;
    this.ports.onNodeEnded?.(event.nodeId, event.timestamp - event.startTime, hasFailed);
  }
}
