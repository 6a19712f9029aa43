import { performance } from 'node:perf_hooks';
import { buildExecutionPlan, type ExecutionPlan } from '../definition/execution-plan.js';
import type { PlannedRevision } from '../definition/changed-nodes.js';
import { withConfig, type ConfigChanges } from '../definition/with-config.js';
import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import { OutputCache } from '../caching/output-cache.js';
import type { DriverPorts } from '../driving/driver-ports.js';
import { ExecutionDriver } from '../driving/execution-driver.js';
import { EvaluationTurns } from '../expressions/evaluation-turns.js';
import type { ExecutionContextData, JournalEvent, JournalEventType, EventOf, Trigger } from '../journal/events.js';
import { foldJournal, startFold } from '../journal/fold.js';
import { GroupCommit } from '../journal/group-commit.js';
import type { JournalStream } from '../journal/journal-stream.js';
import type { LogEntry, NodeCatalog, NodeType } from '../ports.js';
import type { Command } from '../state/decide-command.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import { MemoryJournal } from './memory-journal.js';
import { testCatalog, testNodeTypes } from './test-node-types.js';
import { TestWorld } from './test-world.js';
import { VirtualScheduler } from './virtual-scheduler.js';

/** The parts of a document that matter to the driver. */
export interface TestWorkflow {
  nodes: NodeDefinition[];
  edges?: EdgeDefinition[];
  settings?: WorkflowSettings;
}

export interface DrivenOptions {
  context?: ExecutionContextData;
  trigger?: Trigger;
  cancelGraceMs?: number;
  queueLimit?: number;
  /** Types beside those of test-node-types.ts. */
  types?: NodeType[];
  /** What other executions of the same instance have left; absent: a cache of its own. */
  cache?: OutputCache;
  /** In which expressions are evaluated; absent: turns of its own, in real time. */
  turns?: EvaluationTurns;
  /** Absent: nodes fetch nothing. */
  createFetch?: DriverPorts['createFetch'];
  /** Absent: nothing is measured. */
  measureEnd?: DriverPorts['measureEnd'];
  /** The journal that another process has left; absent: a new execution. */
  events?: JournalEvent[];
  /** The revisions after the first one, in order. */
  later?: TestWorkflow[];
}

export const EXECUTION_ID = 'exec_test';

/**
 * One execution under the real driver and the real group commit, on a journal in memory and in virtual time. A crash
 * loses whatever was not committed; what goes on afterwards is made from the journal alone.
 */
export class DrivenExecution {
  readonly scheduler = new VirtualScheduler();
  readonly journal = new MemoryJournal();
  readonly world = new TestWorld();
  readonly cache: OutputCache;
  /** What it runs, since it was last taken into memory. */
  plan: ExecutionPlan;
  /** Why the driver left memory last; undefined while it is there. */
  left: { wakeAt: number | null } | undefined;
  readonly faults: unknown[] = [];
  readonly turns = new EvaluationTurns({
    elapsed: () => performance.now(),
    defer: (callback) => this.scheduler.defer(callback),
  });
  readonly catalog: NodeCatalog;
  private readonly revisions: readonly TestWorkflow[];
  /** Awaited before each external effect. */
  confirmLease: () => Promise<void> = () => Promise.resolve();
  private current: { driver: ExecutionDriver; stream: JournalStream } | undefined;
  private queue: GroupCommit;
  private instances = 0;

  constructor(
    workflow: TestWorkflow,
    private readonly options: DrivenOptions = {},
  ) {
    this.cache = options.cache ?? new OutputCache();
    this.catalog = testCatalog([...testNodeTypes(this.world, this.scheduler), ...(options.types ?? [])]);
    this.revisions = [workflow, ...(options.later ?? [])];
    this.plan = this.revision(1).plan;
    this.queue = this.openQueue();
    if (options.events) this.adopt(options.events);
  }

  /** A revision of the workflow; with the configs that were corrected for the execution. */
  revision(number: number, changes: ConfigChanges = {}): PlannedRevision {
    const workflow = this.revisions[number - 1];
    if (!workflow) throw new Error(`There is no revision ${number}`);
    const { nodes, edges = [], settings } = workflow;
    const content = withConfig({ nodes, edges, settings }, changes);
    const source = { workflowId: 'wf_test', revision: number, version: `${number}.0.0`, content };
    return { content, plan: buildExecutionPlan(source, this.catalog) };
  }

  get driver(): ExecutionDriver {
    if (!this.current) throw new Error('Nobody drives the execution');
    return this.current.driver;
  }

  /** What the journal holds now. */
  get events(): JournalEvent[] {
    return this.journal.events(EXECUTION_ID);
  }

  get types(): JournalEventType[] {
    return this.events.map(({ type }) => type);
  }

  /** The fold of what is committed. */
  get state(): ExecutionState {
    return foldJournal(this.events);
  }

  get logs(): string[] {
    return this.logEntries.map(({ message }) => message);
  }

  get logEntries(): LogEntry[] {
    return this.journal.executions.get(EXECUTION_ID)?.logs ?? [];
  }

  node(nodeId: string): NodeState {
    return this.state.nodes.get(nodeId) ?? { status: 'pending', run: 1, attempt: 0, failures: 0 };
  }

  /** The status of every node of the plan. */
  statuses(): { [nodeId: string]: string } {
    return Object.fromEntries(this.plan.nodes.map(({ id }) => [id, this.node(id).status]));
  }

  eventsOf<T extends JournalEventType>(type: T, nodeId?: string): EventOf<T>[] {
    return this.events.filter(
      (event): event is EventOf<T> =>
        event.type === type && (nodeId === undefined || ('nodeId' in event && event.nodeId === nodeId)),
    );
  }

  /** ms since the execution was created. */
  get elapsed(): number {
    return this.scheduler.now() - this.state.createdAt;
  }

  /** Reads it from the journal without driving it. */
  load(): this {
    this.take(foldJournal(this.events));
    return this;
  }

  /** Creates the execution and begins to drive it, or takes up what the journal holds. */
  start(): this {
    if (this.events.length > 0) {
      this.load();
    } else {
      const created = this.createdEvent();
      this.take(startFold(created), created);
    }
    this.driver.start();
    return this;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<this> {
    await this.scheduler.settle();
    return this;
  }

  async advance(ms: number): Promise<this> {
    await this.scheduler.advance(ms);
    return this;
  }

  /** Drives until it has ended or only a command can carry it on, waking it up when it is due. */
  async run(): Promise<this> {
    for (let steps = 0; steps < 10_000; steps += 1) {
      await this.scheduler.settle();
      const { left } = this;
      if (this.faults.length > 0) throw this.faults[0];
      if (left?.wakeAt === null) return this;
      if (left) {
        await this.scheduler.advanceTo(Math.max(left.wakeAt ?? 0, this.scheduler.now()));
        this.start();
        continue;
      }
      const next = this.scheduler.nextTimerAt;
      if (next === undefined) throw new Error(`It stands still: ${JSON.stringify(this.statuses())}`);
      await this.scheduler.advanceTo(next);
    }
    throw new Error('It never ends');
  }

  /** Starts and drives to the end. */
  static async run(workflow: TestWorkflow, options?: DrivenOptions): Promise<DrivenExecution> {
    return new DrivenExecution(workflow, options).start().run();
  }

  /** Carries a command out, as whoever holds the execution does; true when it changed something. */
  async command(command: Command): Promise<boolean> {
    if (this.left || !this.current) {
      await this.scheduler.settle();
      this.load();
    }
    const { driver } = this;
    try {
      return driver.command(command) !== null;
    } finally {
      driver.release();
      await this.scheduler.settle();
    }
  }

  /** The process dies: what is not committed is lost, and nothing of it acts any more. */
  crash(): void {
    this.current?.driver.abandon();
    this.current?.stream.close();
    this.current = undefined;
    this.journal.dead.add(this.instanceId);
    this.queue = this.openQueue();
    this.world.crash();
    this.world.recall(this.events);
  }

  get hasEnded(): boolean {
    return isEnded(this.state.status);
  }

  private get instanceId(): string {
    return `i${this.instances}`;
  }

  private adopt(events: JournalEvent[]): void {
    const last = events.at(-1)?.timestamp ?? 0;
    if (last > this.scheduler.now()) this.scheduler.block(last - this.scheduler.now());
    this.journal.executions.set(EXECUTION_ID, { events: [...events], chunks: [], logs: [] });
    this.world.recall(events);
  }

  private openQueue(): GroupCommit {
    this.instances += 1;
    const { queueLimit = 64 * 1024 * 1024 } = this.options;
    const options = { instanceId: this.instanceId, lanes: 1, queueLimit };
    return new GroupCommit(options, this.journal, this.scheduler, { leaseLost: () => {}, troubled: () => {} });
  }

  private createdEvent(): EventOf<'execution:created'> {
    const { trigger = { type: 'api' }, context = {} } = this.options;
    const what = {
      trigger,
      context,
      labels: {},
      priority: 0,
      workflowId: 'wf_test',
      workflowName: 'Test',
      revision: 1,
    };
    return { type: 'execution:created', timestamp: this.scheduler.now(), ...what };
  }

  private take(state: ExecutionState, created?: JournalEvent): void {
    const changed = state.revision !== this.plan.revision || Object.keys(state.configChanges).length > 0;
    if (changed) this.plan = this.revision(state.revision, state.configChanges).plan;
    this.left = undefined;
    const owner = { isKeyed: false, rowFor: () => ({}), lost: () => this.current?.driver.abandon() };
    const stream = this.queue.open(EXECUTION_ID, created ? 0 : state.seq, owner);
    if (created) stream.append(JSON.stringify(created));
    const driver = new ExecutionDriver(
      {
        executionId: EXECUTION_ID,
        plan: this.plan,
        state,
        cancelGraceMs: this.options.cancelGraceMs ?? 5000,
        onLeave: (leave) => this.leave(driver, stream, leave),
        onFault: (error) => this.faults.push(error),
      },
      {
        scheduler: this.scheduler,
        catalog: this.catalog,
        journal: stream,
        cache: this.cache,
        turns: this.options.turns ?? this.turns,
        createFetch: this.options.createFetch ?? (() => () => Promise.reject(new Error('Test nodes fetch nothing'))),
        measureEnd: this.options.measureEnd,
        instanceId: () => this.instanceId,
        confirmLease: () => this.confirmLease(),
      },
    );
    this.current = { driver, stream };
  }

  private leave(driver: ExecutionDriver, stream: JournalStream, leave: { wakeAt: number | null }): void {
    if (this.left && this.current?.driver === driver) throw new Error('It has left memory twice');
    void stream.committed().then(() => {
      stream.close();
      if (this.current?.driver === driver) this.left = leave;
    });
  }
}
