import fc from 'fast-check';
import type { NodeDefinition } from '../definition/workflow-definition.js';
import { EngineError } from '../errors.js';
import { NodeRecords } from '../journal/record-nodes.js';
import { attemptsBeyondJournal, type RunningAttempt } from '../journal/execution-record.js';
import { touchedAt } from '../recovery/affected-nodes.js';
import { isHandled } from '../scheduling/next-nodes.js';
import type { Command } from '../state/decide-command.js';
import type { ExecutionState } from '../state/execution-state.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { randomWorkflow } from '../testing/random-workflows.js';
import { explain } from './explain.js';
import { SITUATIONS, type Action, type Explanation } from './explanation.js';

const COMMANDS = {
  start: { kind: 'resume' },
  resume: { kind: 'carry-on' },
  pause: { kind: 'pause', mode: 'wait' },
  abort: { kind: 'pause', mode: 'abort' },
  cancel: { kind: 'end', then: 'cancelled' },
  rollback: { kind: 'rollback', targetNodeId: null, scope: 'after', force: true },
} as const satisfies { [action in Action]?: Command };

const isCommand = (action: string): action is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, action);

const workflows = fc
  .constantFrom('stop' as const, 'continue' as const)
  .chain((errorHandling) => randomWorkflow({ atOnce: false, errorHandling }))
  .map((workflow) => ({
    ...workflow,
    nodes: workflow.nodes.map((node, index) => (index % 2 === 0 ? slow(node) : node)),
  }));

/** It takes time, and a person is asked where it is cut off. */
function slow(node: NodeDefinition): NodeDefinition {
  return { ...node, type: 'effect', onInterrupted: 'ask', config: { ...node.config, ms: 3000 } };
}

type Step = { ms: number } | { command: Command } | { crash: true };
const { pause, abort, resume, cancel } = COMMANDS;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ ms: fc.constantFrom(0, 5, 100, 3000) }) },
  {
    weight: 3,
    arbitrary: fc.record({ command: fc.constantFrom<Command>(pause, pause, pause, abort, resume, cancel) }),
  },
  { weight: 1, arbitrary: fc.record({ crash: fc.constant(true as const) }) },
);

async function apply(execution: DrivenExecution, each: Step): Promise<void> {
  if ('ms' in each) return void (await execution.advance(each.ms));
  if ('command' in each) return void (await isTaken(execution, each.command));
  execution.crash();
  if (execution.events.length === 0 || execution.state.status === 'running') await execution.start().settle();
}

/** Whether the execution takes the command, and changes by it. */
async function isTaken(execution: DrivenExecution, command: Command): Promise<boolean> {
  try {
    return await execution.command(command);
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

function runningIn(execution: DrivenExecution): RunningAttempt[] {
  if (execution.left) return [];
  return execution.driver
    .running()
    .map(({ node, run, attempt, startTime }) => ({ nodeId: node.id, run, attempt, startTime }));
}

function explained(execution: DrivenExecution, state: ExecutionState, running: RunningAttempt[]): Explanation {
  const lease = { silentAfterMs: 4000, leaseMs: 10_000 };
  return explain({ plan: execution.plan, state, now: execution.scheduler.now(), running, lease });
}

const KINDS_BY_STATUS: { [status: string]: string[] } = {
  pending: ['place', 'timer'],
  running: ['node', 'timer', 'retry', 'place', 'person'],
  paused: ['person'],
  failed: ['person'],
  completed: [],
  cancelled: [],
};

/** Sees that an explanation says what the record says. */
function expectConsistent(
  { plan }: DrivenExecution,
  state: ExecutionState,
  running: RunningAttempt[],
  found: Explanation,
): void {
  const { status, activity, code, summary, waitingFor } = found;
  expect(status).toBe(state.status);
  if (status === 'failed') expect(code).toBe(state.error?.code);
  else expect(Object.keys(SITUATIONS)).toContain(code);
  expect(summary).toMatch(/^.{3,600}\.$/u);
  if (status === 'paused') expect(waitingFor).not.toEqual([]);
  if (activity === 'executing') expect(['EXECUTING', 'FAILING']).toContain(code);
  if (activity === 'waiting' || activity === 'retrying') expect([activity.toUpperCase(), 'FAILING']).toContain(code);

  const records = new NodeRecords(plan, state, attemptsBeyondJournal(plan, state, running));
  const entries = new Map(waitingFor.map((entry) => [entry.nodeId, entry]));
  expect(entries.size).toBe(waitingFor.length);
  for (const { kind, nodeId, since, until, attempt } of waitingFor) {
    expect(KINDS_BY_STATUS[status]).toContain(kind);
    if (since !== undefined && until !== undefined) expect(until).toBeGreaterThanOrEqual(since);
    if (nodeId === undefined) continue;
    const record = records.of(plan.byId.get(nodeId) as never, true);
    if (kind === 'node' && since !== undefined)
      expect(record).toMatchObject({ status: 'running', attempt, endTime: null });
    if (kind === 'timer') expect(record).toMatchObject({ status: 'running', waiting: { until } });
    if (kind === 'retry') expect(record).toMatchObject({ status: 'running', attempt: (attempt ?? 0) - 1 });
    if (kind === 'person') expect(record).toMatchObject({ status: 'failed', outcome: 'unknown' });
  }
  if (status !== 'running' || activity === 'cancelling' || activity === 'pausing' || code === 'FAILING') return;
  // Nothing that runs, waits or may run is left out.
  for (const node of plan.nodes) {
    if (records.of(node, true).status === 'running') expect([node.id, entries.has(node.id)]).toEqual([node.id, true]);
  }
}

describe('the explanation of a random execution', () => {
  it('is there in every state of every journal, and says what the record says', async () => {
    await fc.assert(
      fc.asyncProperty(workflows, fc.array(step, { maxLength: 10 }), async (workflow, steps) => {
        const execution = await replayed(workflow, []);
        for (const each of steps) {
          await apply(execution, each);
          if (execution.events.length === 0) continue;
          const [state, running] = [execution.state, runningIn(execution)];
          expectConsistent(execution, state, running, explained(execution, state, running));
        }
        const { events } = execution;
        for (let kept = 1; kept <= events.length; kept += 1) {
          const { state } = new DrivenExecution(workflow, { events: events.slice(0, kept) });
          expectConsistent(execution, state, [], explained(execution, state, []));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('offers exactly the commands that the execution then takes', async () => {
    await fc.assert(
      fc.asyncProperty(workflows, fc.array(step, { minLength: 1, maxLength: 4 }), async (workflow, steps) => {
        const execution = await replayed(workflow, steps);
        if (execution.events.length === 0) return;
        const { state } = execution;
        const { actions } = explained(execution, state, runningIn(execution));
        const offered = actions.map(({ action }) => action).filter(isCommand);
        const taken: Action[] = [];
        for (const action of Object.keys(COMMANDS).filter(isCommand)) {
          // A command of two names: the state tells which one it has.
          if (action === (state.status === 'pending' ? 'resume' : 'start')) continue;
          if (action === 'abort' && state.activity !== 'pausing') continue;
          if (action === 'rollback' && ![...state.nodes.values()].some((node) => touchedAt(node) !== undefined))
            continue;
          const command: Command =
            action === 'resume' && state.activity === 'pausing' ? { kind: 'resume' } : COMMANDS[action];
          if (await isTaken(await replayed(workflow, steps), command)) taken.push(action);
        }
        expect(offered.sort()).toEqual(taken.sort());
        const settled = actions.filter(({ action }) => action === 'settle').map(({ nodeId }) => nodeId);
        for (const node of execution.plan.nodes) {
          if (state.nodes.get(node.id)?.status !== 'failed' || isHandled(state, node)) continue;
          const settle: Command = { kind: 'settle', nodeId: node.id, status: 'skipped' };
          const takes = await isTaken(await replayed(workflow, steps), settle);
          expect([node.id, settled.includes(node.id)]).toEqual([node.id, takes]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** The same steps lead to the same state. */
async function replayed(workflow: TestWorkflow, steps: readonly Step[]): Promise<DrivenExecution> {
  const execution = await new DrivenExecution(workflow).start().settle();
  for (const each of steps) await apply(execution, each);
  return execution;
}
