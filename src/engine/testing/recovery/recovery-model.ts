import type { EdgeDefinition, NodeDefinition } from '../../definition/workflow-definition.js';
import type { TestWorkflow } from '../driven-execution.js';
import type { TestNodeConfig } from '../test-node-types.js';
import type { FailurePoint } from './failure-points.js';
import { AT_REST_MS, LONG_MS } from './failure-points.js';
import type { MatrixGraph } from './graphs.js';
import type { Behaviour, Request } from './outside.js';

/** A node as it has to stand by the spec's prose. */
export interface ModelNode {
  id: string;
  status: 'pending' | 'running' | 'completed' | 'failed' | 'skipped';
  run: number;
  /** Grows with whatever is told of any node; undefined while nothing of this one has to be taken back. */
  touched?: number;
  isInDoubt: boolean;
  /** It has been tried in this run. */
  isTried: boolean;
  /** Failed attempts since it was last set going. */
  failures: number;
  /** Names of what it gives to what follows it. */
  gives: string[];
  /** It sets its variable. */
  sets: boolean;
  /** The runs of which an effect stands outside. */
  effects: Set<number>;
}

/** Something that goes on until `at`. */
interface Open {
  at: number;
  kind: 'acts' | 'waits' | 'retries';
  outcome: Behaviour | 'serves';
}

/**
 * A second, plain account of what the spec says about one execution of the matrix: a simulation of the graph with what a
 * command does to it. It shares nothing with the engine but the workflow.
 */
export class RecoveryModel {
  status: 'running' | 'paused' | 'completed' | 'failed' | 'cancelled' = 'running';
  readonly nodes: Map<string, ModelNode>;
  /** Requests since this was last emptied. */
  requests: Request[] = [];
  private now = 0;
  private ticks = 0;
  private readonly open = new Map<string, Open>();
  private readonly definitions: ReadonlyMap<string, NodeDefinition>;
  private readonly incoming: ReadonlyMap<string, EdgeDefinition[]>;
  private readonly dependants = new Map<string, ModelNode[]>();
  private bad: { nodeId: string; how: Behaviour; times: number } | undefined;

  constructor(private readonly workflow: Required<TestWorkflow>) {
    this.definitions = new Map(workflow.nodes.map((node) => [node.id, node]));
    this.incoming = new Map(workflow.nodes.map(({ id }) => [id, workflow.edges.filter(({ target }) => target === id)]));
    this.nodes = new Map(
      workflow.nodes.map(({ id }) => [
        id,
        {
          id,
          status: 'pending',
          run: 1,
          isInDoubt: false,
          isTried: false,
          failures: 0,
          gives: [],
          sets: false,
          effects: new Set<number>(),
        },
      ]),
    );
  }

  /** Brings it to the point. */
  bringTo(graph: MatrixGraph, point: FailurePoint): this {
    const node = this.node(graph[point.at]);
    if (point.service) this.misbehave(node.id, point.service.how, point.service.times);
    this.run(point.then ? AT_REST_MS : Infinity);
    if (point.then === 'dies' || point.then === 'dies and goes on') this.cutOff(node);
    if (point.then === 'pauses' || point.then === 'dies') this.status = 'paused';
    this.bad = undefined;
    if (point.then === 'dies and goes on') {
      node.status = 'pending';
      this.run();
    }
    return this;
  }

  /** The service serves the node badly, so many times. */
  misbehave(nodeId: string, how: Behaviour, times = Infinity): void {
    this.bad = { nodeId, how, times };
  }

  node(id: string): ModelNode {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`There is no node ${id}`);
    return node;
  }

  /** Acts outside and has a handler. */
  isActing({ id }: ModelNode): boolean {
    return this.definition(id).type === 'undoable';
  }

  maxRetries({ id }: ModelNode): number {
    return this.definition(id).retryPolicy?.maxRetries ?? 0;
  }

  /** Lets it go on until it has ended, or until then. */
  run(until = Infinity): void {
    this.status = 'running';
    for (;;) {
      this.startReady();
      const next = [...this.open].sort(([, one], [, other]) => one.at - other.at)[0];
      if (!next || next[1].at > until) break;
      this.now = Math.max(this.now, next[1].at);
      this.end(this.node(next[0]), next[1]);
    }
    this.now = Math.max(this.now, Number.isFinite(until) ? until : 0);
    if (this.open.size === 0) this.status = this.hasFailed() ? 'failed' : 'completed';
  }

  /** Nobody hears any more what came of it. */
  cutOff(node: ModelNode): void {
    this.open.delete(node.id);
    node.status = 'failed';
    node.isInDoubt = true;
    this.touch(node);
  }

  /** It is pending again; a node that was only skipped has not used its run. */
  reset(node: ModelNode, keepsRun = node.status === 'skipped' && !node.isTried): void {
    this.open.delete(node.id);
    if (!keepsRun) node.run += 1;
    node.isTried = false;
    node.failures = 0;
    node.status = 'pending';
    node.touched = undefined;
    node.isInDoubt = false;
    node.sets = false;
  }

  complete(node: ModelNode, gives: string[], sets: boolean): void {
    this.open.delete(node.id);
    node.status = 'completed';
    node.isInDoubt = false;
    node.gives = gives;
    node.sets = sets;
    this.touch(node);
  }

  skip(node: ModelNode): void {
    this.open.delete(node.id);
    node.status = 'skipped';
    node.isInDoubt = false;
    node.sets = false;
    this.touch(node);
  }

  /** What acts is aborted, and has failed with an unknown outcome. */
  abort(): void {
    for (const [id, { kind }] of this.open) if (kind === 'acts') this.cutOff(this.node(id));
  }

  /** The execution ends: what waits is pending, and what is between attempts has failed. */
  endOpen(): void {
    for (const [id, { kind }] of this.open) this.node(id).status = kind === 'waits' ? 'pending' : 'failed';
    this.open.clear();
  }

  isBetweenAttempts({ id }: ModelNode): boolean {
    return this.open.get(id)?.kind === 'retries';
  }

  /** A failure that an error edge goes on with. */
  isHandled({ id, status }: ModelNode): boolean {
    return status === 'failed' && this.workflow.edges.some(({ source, type }) => source === id && type === 'error');
  }

  /** All that depends on the node, without itself. */
  after(id: string): ModelNode[] {
    const known = this.dependants.get(id);
    if (known) return known;
    const found = this.reached(id, ({ source, target }, from) => (source === from ? target : undefined));
    this.dependants.set(id, found);
    return found;
  }

  /** All that the node depends on, without itself. */
  before(id: string): ModelNode[] {
    return this.reached(id, ({ source, target }, from) => (target === from ? source : undefined));
  }

  private reached(id: string, next: (edge: EdgeDefinition, from: string) => string | undefined): ModelNode[] {
    const found = new Set([id]);
    for (const from of found) {
      for (const each of this.workflow.edges) {
        const to = next(each, from);
        if (to !== undefined) found.add(to);
      }
    }
    found.delete(id);
    return [...found].map((each) => this.node(each));
  }

  private touch(node: ModelNode): void {
    this.ticks += 1;
    node.touched = this.ticks;
  }

  private definition(id: string): NodeDefinition {
    return this.definitions.get(id) as NodeDefinition;
  }

  private hasFailed(): boolean {
    return [...this.nodes.values()].some((node) => node.status === 'failed' && !this.isHandled(node));
  }

  private startReady(): void {
    const { maxConcurrency = 1 } = this.workflow.settings;
    for (;;) {
      const acting = [...this.open.values()].filter(({ kind }) => kind === 'acts').length;
      if (this.hasFailed() || acting >= maxConcurrency) return;
      const ready = [...this.nodes.values()].find((node) => this.isReady(node));
      if (!ready) return;
      const incoming = this.edgesTo(ready);
      if (incoming.length === 0 || incoming.some((each) => this.isLive(each))) this.start(ready);
      else this.skip(ready);
    }
  }

  private edgesTo({ id }: ModelNode): EdgeDefinition[] {
    return this.incoming.get(id) ?? [];
  }

  private isReady(node: ModelNode): boolean {
    if (node.status !== 'pending') return false;
    return this.edgesTo(node).every(({ source }) => !['pending', 'running'].includes(this.node(source).status));
  }

  private isLive({ source, type, sourceOutput }: EdgeDefinition): boolean {
    const { status } = this.node(source);
    if (type === 'error') return status === 'failed';
    const { port } = this.definition(source).config as TestNodeConfig;
    return status === 'completed' && (sourceOutput === undefined || sourceOutput === port);
  }

  private start(node: ModelNode): void {
    const { type, config } = this.definition(node.id);
    if (type === 'branch') return this.complete(node, [node.id], false);
    const ms = Number(config?.ms);
    node.status = 'running';
    node.isTried = true;
    if (type === 'sleep') {
      this.touch(node);
      this.open.set(node.id, { at: this.now + ms, kind: 'waits', outcome: 'serves' });
      return;
    }
    const outcome = this.behaviourFor(node.id);
    this.requests.push({ nodeId: node.id, run: node.run, inputs: this.inputsOf(node) });
    if (outcome === 'serves' || outcome === 'loses') node.effects.add(node.run);
    const lasts = outcome === 'refuses' || outcome === 'loses' ? 0 : ms;
    this.open.set(node.id, { at: this.now + lasts, kind: 'acts', outcome });
  }

  private behaviourFor(nodeId: string): Open['outcome'] {
    if (this.bad?.nodeId !== nodeId || this.bad.times === 0) return 'serves';
    this.bad.times -= 1;
    return this.bad.how;
  }

  private inputsOf(node: ModelNode): string[] {
    const live = this.edgesTo(node).filter((each) => this.isLive(each));
    const names = live.flatMap(({ source, type }) => (type === 'error' ? ['error'] : this.node(source).gives));
    return [...new Set(names)].sort();
  }

  private end(node: ModelNode, { kind, outcome }: Open): void {
    this.open.delete(node.id);
    if (kind === 'retries') {
      node.status = 'pending';
    } else if (kind === 'waits') {
      this.complete(node, ['waited'], false);
    } else if (outcome === 'serves' || outcome === 'misses') {
      this.complete(node, [node.id], true);
    } else {
      node.isInDoubt ||= outcome === 'loses';
      this.touch(node);
      node.failures += 1;
      if (node.failures <= this.maxRetries(node))
        this.open.set(node.id, { at: this.now + LONG_MS, kind: 'retries', outcome: 'serves' });
      else node.status = 'failed';
    }
  }
}
