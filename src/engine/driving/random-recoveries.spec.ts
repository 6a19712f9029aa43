import fc from 'fast-check';
import { EngineError, NodeError } from '../errors.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { randomWorkflow } from '../testing/random-workflows.js';
import { resume } from '../testing/resume-driven.js';
import { outcomeOf, tamed, withoutFailures } from '../testing/tamed-workflows.js';

/** What acts outside has a handler. */
const undoable = ({ nodes, ...rest }: TestWorkflow): TestWorkflow => ({
  ...rest,
  nodes: nodes.map((node) => (node.type === 'effect' || node.type === 'work' ? { ...node, type: 'undoable' } : node)),
});

type Step = { ms: number } | { crash: true } | { from: string } | { command: Command };

const anyNode = fc.nat(7).map((index) => `n${index}`);

const rollback = fc.record({
  kind: fc.constant('rollback' as const),
  targetNodeId: fc.option(anyNode, { freq: 3 }),
  scope: fc.constantFrom('after' as const, 'dependants' as const),
  force: fc.constant(true),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ms: fc.constantFrom(0, 1, 60, 3000, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ crash: fc.constant(true as const) }) },
  { weight: 2, arbitrary: fc.record({ from: anyNode }) },
  { weight: 4, arbitrary: fc.record({ command: rollback }) },
  {
    weight: 4,
    arbitrary: fc.record({
      command: fc.constantFrom<Command>(
        { kind: 'pause', mode: 'wait' },
        { kind: 'pause', mode: 'abort' },
        { kind: 'resume' },
        { kind: 'resume' },
        { kind: 'end', then: 'cancelled' },
        { kind: 'end', then: 'cancelled', rollback: true },
      ),
    }),
  },
);

/** A command that does not fit is refused. */
async function apply(execution: DrivenExecution, each: Step): Promise<void> {
  if ('ms' in each) return void (await execution.advance(each.ms));
  if ('crash' in each) {
    execution.crash();
    return void (await execution.start().settle());
  }
  try {
    if ('from' in each) await resume(execution, { fromNodeId: each.from });
    else await execution.command(each.command);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}

/** As a person goes on with what stands still, until it has completed: the cause is corrected, the handlers work again. */
async function recover(execution: DrivenExecution): Promise<void> {
  execution.world.onUndo = undefined;
  for (let tries = 0; tries < 60; tries += 1) {
    await execution.run();
    const { status, activity, rollbacks, nodes } = execution.state;
    if (status === 'completed' && activity === null) return;
    if (activity === 'rollback-stopped') {
      const { targetNodeId, scope } = rollbacks.at(-1)?.plan ?? { targetNodeId: null, scope: 'after' as const };
      await execution.command({ kind: 'rollback', targetNodeId, scope, force: false });
    } else if (status === 'cancelled') {
      // Not the one that the cancellation began with: the same call again is answered, and nothing is done.
      await execution.command({ kind: 'rollback', targetNodeId: null, scope: 'dependants', force: true });
    } else {
      const failed = [...nodes].filter(([, node]) => node.status === 'failed');
      await resume(execution, { config: Object.fromEntries(failed.map(([id]) => [id, { fail: null }])) });
    }
  }
}

describe('a random execution that is rolled back, resumed and cut off at random', () => {
  it('ends in the same outputs as one without a failure, and what stands outside is not undone', async () => {
    const workflows = randomWorkflow({ atOnce: false, errorHandling: 'stop' }).map((given) => undoable(tamed(given)));
    const refusals = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
    const steps = fc.array(step, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(workflows, steps, refusals, async (workflow, each, refuses) => {
        const expected = outcomeOf(await DrivenExecution.run(withoutFailures(workflow)));
        const execution = new DrivenExecution(workflow);
        const { world } = execution;
        world.onUndo = () => {
          if (refuses[world.undone.length % refuses.length]) throw new NodeError('HTTP_500', 'No');
        };
        await execution.start().settle();
        for (const one of each) await apply(execution, one);
        await recover(execution);
        expect(execution.faults).toEqual([]);
        checkJournal(execution);
        expect(outcomeOf(execution)).toEqual(expected);
        const { nodes } = execution.state;
        const takenBack = world.undone.filter(({ nodeId, run }) => nodes.get(nodeId)?.run === run);
        expect(takenBack).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
