import fc from 'fast-check';
import type { NodeDefinition } from '../definition/workflow-definition.js';
import { EngineError, NodeError } from '../errors.js';
import { SETTLED_STATUSES } from '../journal/events.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { randomWorkflow } from '../testing/random-workflows.js';

/** Two of three nodes act outside, do not fail and have a handler. */
function undoable(workflow: TestWorkflow): TestWorkflow {
  const nodes = workflow.nodes.map((node, index) => {
    if (index % 3 === 2) return node;
    const { fail: _, ...config } = node.config ?? {};
    return { ...node, type: 'undoable', enabled: true, join: 'any' as const, config };
  });
  return { ...workflow, nodes };
}

/** A failure that comes a few times only would be gone in another run. */
function steady(node: NodeDefinition): NodeDefinition {
  const { fail, ...config } = node.config as { fail?: { times?: number } };
  return { ...node, config: fail?.times === undefined ? { ...config, fail } : config } as NodeDefinition;
}

type Step = { ms: number } | { command: Command } | { crash: true };

const anyNode = fc.nat(7).map((index) => `n${index}`);

const target = fc.record({
  kind: fc.constant('rollback' as const),
  targetNodeId: fc.option(anyNode, { freq: 3 }),
  scope: fc.constantFrom('after' as const, 'dependants' as const),
  force: fc.constantFrom(true, true, false),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: target },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('carry-on' as const), fromNodeId: anyNode }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      nodeId: anyNode,
      status: fc.constantFrom(...SETTLED_STATUSES),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Command>(
      { kind: 'pause', mode: 'wait' },
      { kind: 'pause', mode: 'abort' },
      { kind: 'resume' },
      { kind: 'resume' },
      { kind: 'end', then: 'cancelled' },
      { kind: 'end', then: 'cancelled', rollback: true },
      { kind: 'end', then: 'completed', actor: 'ann' },
    ),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ms: fc.constantFrom(0, 1, 2, 60, 3000) }) },
  { weight: 5, arbitrary: fc.record({ command }) },
  { weight: 1, arbitrary: fc.record({ crash: fc.constant(true as const) }) },
);

async function apply(execution: DrivenExecution, each: Step): Promise<void> {
  if ('ms' in each) return void (await execution.advance(each.ms));
  if ('crash' in each) {
    execution.crash();
    return void (await execution.start().settle());
  }
  try {
    await execution.command(each.command);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}

/** Goes on with what stopped until nothing goes on any more. */
async function finish(execution: DrivenExecution): Promise<void> {
  execution.world.onUndo = undefined;
  await execution.run();
  const { activity, rollbacks } = execution.state;
  if (activity !== 'rollback-stopped') return;
  const { targetNodeId, scope } = rollbacks.at(-1)?.plan ?? { targetNodeId: null, scope: 'after' };
  await execution.command({ kind: 'rollback', targetNodeId, scope, force: false });
  await execution.run();
}

const workflows = (errorHandling: 'stop' | 'continue') =>
  randomWorkflow({ atOnce: false, errorHandling }).map(undoable);

describe('a random execution with random rollbacks', () => {
  it('has a lawful journal: each effect is undone at most once a run, after all that depends on it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('stop' as const, 'continue' as const).chain(workflows),
        fc.boolean(),
        fc.constantFrom(0, 3000, 60_000),
        fc.array(step, { minLength: 3, maxLength: 14 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        async (given, undoes, runs, steps, refusals) => {
          const settings = undoes ? { ...given.settings, errorHandling: 'rollback' as const } : given.settings;
          const execution = new DrivenExecution({ ...given, settings });
          const keys = new Map<string, string>();
          execution.world.onUndo = ({ nodeId, run, key }) => {
            const name = `${nodeId} ${run}`;
            expect([name, keys.get(name) ?? key]).toEqual([name, key]);
            keys.set(name, key);
            if (refusals[execution.world.undone.length % refusals.length]) throw new NodeError('HTTP_500', 'No');
          };
          await execution.start().advance(runs);
          for (const each of steps) await apply(execution, each);
          await finish(execution);
          expect(execution.faults).toEqual([]);
          checkJournal(execution);
          expect(['rolling-back', 'rollback-stopped']).not.toContain(execution.state.activity);
          // What succeeded is not called again: of each run the last call is the one that is recorded.
          const recorded = execution.eventsOf('node:rolled-back').filter(({ outcome }) => outcome === 'undone');
          for (const { nodeId, run, attempt } of recorded) {
            const calls = execution.world.undone.filter((call) => call.nodeId === nodeId && call.run === run);
            expect([nodeId, calls.at(-1)?.attempt]).toEqual([nodeId, attempt]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('that is resumed after it ends as if it had run once', async () => {
    const workflow = randomWorkflow({ atOnce: true, errorHandling: 'continue' }).map((given) =>
      undoable({ ...given, nodes: given.nodes.map(steady) }),
    );
    await fc.assert(
      fc.asyncProperty(workflow, target, async (given, rollback) => {
        const execution = await DrivenExecution.run(given);
        const before = outcomeOf(execution);
        await apply(execution, { command: { ...rollback, force: true } });
        await execution.run();
        if (execution.state.status !== 'paused') return;
        await execution.command({ kind: 'resume' });
        await execution.run();
        expect(outcomeOf(execution)).toEqual(before);
        checkJournal(execution);
      }),
      { numRuns: 150 },
    );
  });
});

function outcomeOf(execution: DrivenExecution) {
  const { status, variables } = execution.state;
  const nodes = execution.plan.nodes.map(({ id }) => {
    const { status: ended, outputs, port, skipReason, error } = execution.node(id);
    return { id, ended, outputs, port, skipReason, error };
  });
  return { status, variables, nodes };
}
