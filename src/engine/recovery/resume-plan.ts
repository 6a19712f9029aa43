import { changedNodes, type PlannedRevision } from '../definition/changed-nodes.js';
import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { ConfigChanges } from '../definition/with-config.js';
import { EngineError, invalidParams } from '../errors.js';
import type { CausedNow, JournalEvent, NodeReset } from '../journal/events.js';
import type { JsonObject } from '../json.js';
import { maskSecrets } from '../mask-secrets.js';
import type { NodeCatalog } from '../ports.js';
import type { EdgeDecisions } from '../scheduling/decide-edges.js';
import type { ExecutionState } from '../state/execution-state.js';
import { activityConflict, movedOn, refusedStart } from '../state/refusals.js';
import { configProblems } from './resume-config.js';
import { outlook } from './resume-outlook.js';
import { openBefore, resumeReset } from './resume-reset.js';
import { undoOfNode } from './undo-of-node.js';

/** How a person wants an execution to go on. What is absent stays as it is. */
export interface ResumeRequest {
  /** Of the completed nodes only this one and what depends on it run again. */
  fromNodeId?: string;
  /** Set into the variables, key by key. */
  variables?: JsonObject;
  /** Set into configs, key by key, by the node's id. */
  config?: ConfigChanges;
  /** The revision of the workflow under which it goes on. */
  workflowRevision?: number;
}

/** What has to be at hand for a resume that corrects configs or changes the revision. */
export interface ResumeMaterial {
  /** The revision that the execution has. */
  present: PlannedRevision;
  /** The one under which it goes on: the same unless another one is asked for. */
  next: PlannedRevision;
  catalog: NodeCatalog;
  /** The configs that were corrected before, whole; absent: the journal has them so. */
  corrected?: ConfigChanges;
  /** Where the configs of this resume are kept whole: then the journal gets them with their secrets masked. */
  keptAs?: string;
  /**
   * With another revision: the decisions of the conditional edges behind nodes that have ended, by node and by the ids
   * that edges have there, as they follow from the state after the event `seq`.
   */
  decided?: { seq: number; edges: { [nodeId: string]: EdgeDecisions } };
}

/**
 * The events of a resume: what was corrected, then that it goes on. The state is not changed.
 * @throws EngineError INVALID_TRANSITION unless the execution is paused or failed; CONFLICT when its activity does not allow
 * it, when something before `fromNodeId` has not ended, or when the material is of another state; NOT_FOUND for
 * `fromNodeId`; INVALID_PARAMS for `config`; REVISION_INCOMPATIBLE naming the nodes
 */
export function decideResume(
  plan: ExecutionPlan,
  state: ExecutionState,
  request: ResumeRequest,
  material: ResumeMaterial | undefined,
  caused: CausedNow,
): JournalEvent[] {
  refuseUnlessStopped(state);
  const resume = new Resume(plan, state, request, material);
  const { commandId, ...by } = caused;
  const { fromNodeId, variables, config } = resume.request;
  const events: JournalEvent[] = [];
  const { next, decided } = resume;
  if (next) {
    const { revision } = next.plan;
    events.push({ type: 'execution:updated', ...by, change: 'revision', revision, edges: decided?.edges });
  }
  if (config) events.push({ type: 'execution:updated', ...by, change: 'config', ...journaled(config, material) });
  if (variables) events.push({ type: 'execution:updated', ...by, change: 'variables', variables });
  // The id comes with the last event: where it is, everything is.
  const { reset, warnings } = resume;
  const goesOn = { fromNodeId, reset, warnings: warnings.length === 0 ? undefined : warnings };
  events.push({ type: 'execution:resumed', ...by, commandId, ...goesOn });
  return events;
}

function journaled(config: ConfigChanges, { keptAs }: Pick<ResumeMaterial, 'keptAs'> = {}) {
  return keptAs === undefined ? { config } : { config: maskSecrets(config) as ConfigChanges, keptAs };
}

/** True when after this event the execution runs under another plan than before. */
export function changesPlan(event: JournalEvent): boolean {
  return event.type === 'execution:updated' && (event.change === 'revision' || event.change === 'config');
}

/** A cancellation or a rollback is told of first; whoever finds it running is told who was faster. */
function refuseUnlessStopped(state: ExecutionState): void {
  if (state.activity !== null && state.activity !== 'pausing') throw activityConflict(state);
  if (state.status !== 'paused' && state.status !== 'failed') throw refusedStart(state);
}

/** One resume, held against the state. */
class Resume {
  /** Without what changes nothing. */
  readonly request: ResumeRequest;
  readonly reset: NodeReset[];
  /** The revision under which it goes on, when that is another one. */
  readonly next: PlannedRevision | undefined;
  readonly decided: ResumeMaterial['decided'];
  /** Under which it goes on; configs may be corrected beside it. */
  private readonly plan: ExecutionPlan;
  private readonly state: ExecutionState;
  private readonly otherNodes: ReadonlySet<string>;

  constructor(
    plan: ExecutionPlan,
    state: ExecutionState,
    request: ResumeRequest,
    private readonly material: ResumeMaterial | undefined,
  ) {
    this.request = withoutNothing(request, state);
    const { workflowRevision, config = {} } = this.request;
    if (workflowRevision !== undefined) {
      const { present, next, decided } = materialFor(state, workflowRevision, material);
      this.next = next;
      this.decided = decided;
      this.otherNodes = changedNodes(present, next);
    } else this.otherNodes = new Set();
    this.plan = this.next?.plan ?? plan;
    this.state = this.decided ? withDecisions(state, this.decided.edges) : state;
    const from = this.from();
    const isCorrected = Object.keys(this.request).length > 0;
    const changed = new Set([...this.otherNodes, ...Object.keys(config)]);
    this.reset = resumeReset(this.plan, this.state, { from, isCorrected, changed });
    this.refuseIncompatible();
    this.checkConfig(request.config);
  }

  /** In the order of the graph. */
  get warnings(): string[] {
    const warnings: { rank: number; text: string }[] = [];
    for (const { nodeId, run } of this.reset) {
      const node = this.plan.byId.get(nodeId);
      const text = node && this.warning(node, run);
      if (text) warnings.push({ rank: node.rank, text });
    }
    return warnings.sort((one, other) => one.rank - other.rank).map(({ text }) => text);
  }

  private warning(node: PlanNode, run: number): string | undefined {
    const before = this.state.nodes.get(node.id);
    const { action } = undoOfNode(node, before);
    if (before?.status === 'completed') {
      if (action !== 'compensate' && action !== 'cannot') return undefined;
      return `"${node.name}" acts outside once more: what it did before is not undone first`;
    }
    if (action !== 'unknown' || run === before?.run) return undefined;
    return `"${node.name}" acts outside under a new key, and nobody knows whether its last attempt happened`;
  }

  private from(): PlanNode | undefined {
    const { fromNodeId } = this.request;
    if (fromNodeId === undefined) return undefined;
    const node = this.plan.byId.get(fromNodeId);
    if (!node) throw new EngineError('NOT_FOUND', 'The execution has no such node', { nodeId: fromNodeId });
    const nodes = openBefore(this.plan, this.state, node);
    if (nodes.length === 0) return node;
    const message = `It cannot begin with ${fromNodeId}: what that depends on has not ended, or runs again itself`;
    throw new EngineError('CONFLICT', message, { nodes });
  }

  private refuseIncompatible(): void {
    if (!this.next) return;
    const again = new Set(this.reset.map(({ nodeId }) => nodeId));
    const nodes = [...this.otherNodes].filter((id) => {
      const status = this.state.nodes.get(id)?.status;
      return (status === 'completed' || status === 'skipped') && !again.has(id);
    });
    if (nodes.length === 0) return;
    const { revision } = this.next.plan;
    const message = `Revision ${revision} changes what has run already: ${nodes.slice(0, 10).join(', ')}`;
    throw new EngineError('REVISION_INCOMPATIBLE', message, { revision, nodes });
  }

  /** Configs that were corrected before have to fit another revision too; one without a field may name a wrong node. */
  private checkConfig(given: ConfigChanges = {}): void {
    const before = this.material?.corrected ?? this.state.configChanges;
    if (Object.keys(given).length === 0 && (!this.next || Object.keys(before).length === 0)) return;
    const { next, catalog } = materialFor(this.state, this.plan.revision, this.material);
    const willRun = new Set(outlook(this.plan, this.state, this.reset).willRun);
    const problems = configProblems(next, { given, before }, willRun, catalog);
    if (problems.length > 0) throw invalidParams(problems);
  }
}

/** What was prepared; it is made by the state as it stood then, so another command may have been faster. */
function materialFor(state: ExecutionState, revision: number, material: ResumeMaterial | undefined): ResumeMaterial {
  if (!material) throw new Error('A resume that corrects configs or the revision needs both revisions at hand');
  const { present, next, decided } = material;
  const areThese = present.plan.revision === state.revision && next.plan.revision === revision;
  if (!areThese || (decided?.seq ?? state.seq) !== state.seq) throw movedOn(state.seq);
  return material;
}

function withoutNothing(request: ResumeRequest, { revision }: ExecutionState): ResumeRequest {
  const { fromNodeId, variables, config, workflowRevision } = request;
  return {
    ...(fromNodeId !== undefined && { fromNodeId }),
    ...(!isEmpty(variables) && { variables }),
    ...(config && !Object.values(config).every(isEmpty) && { config }),
    ...(workflowRevision !== undefined && workflowRevision !== revision && { workflowRevision }),
  };
}

function isEmpty(object: JsonObject | undefined): boolean {
  return object === undefined || Object.keys(object).length === 0;
}

/** The state with other decisions behind its nodes. */
function withDecisions(state: ExecutionState, edges: { [nodeId: string]: EdgeDecisions }): ExecutionState {
  const nodes = new Map(state.nodes);
  for (const [nodeId, decisions] of Object.entries(edges)) {
    const node = nodes.get(nodeId);
    if (node) nodes.set(nodeId, { ...node, edges: decisions });
  }
  return { ...state, nodes };
}
