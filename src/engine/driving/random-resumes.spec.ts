import fc from 'fast-check';
import { outlook, resumeContext } from '../recovery/resume-outlook.js';
import type { ResumeRequest } from '../recovery/resume-plan.js';
import { openBefore } from '../recovery/resume-reset.js';
import { isEnded } from '../state/transitions.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { randomWorkflow } from '../testing/random-workflows.js';
import { resume } from '../testing/resume-driven.js';
import { outcomeOf, tamed, withoutFailures } from '../testing/tamed-workflows.js';

type Way = 'plain' | 'variables' | 'config' | 'revision' | { from: number };

const ways = fc.array(
  fc.oneof(
    fc.constantFrom<Way>('plain', 'variables', 'config', 'revision'),
    fc.record({ from: fc.nat(99) }) as fc.Arbitrary<Way>,
  ),
  { maxLength: 6 },
);

/** What a person would ask, where it is possible; else without anything. */
function requestFor(way: Way, { plan, state }: DrivenExecution): ResumeRequest {
  if (way === 'variables') return { variables: { corrected: true } };
  // The second revision differs in nothing but its names.
  if (way === 'revision') return { workflowRevision: state.revision === 1 ? 2 : 1 };
  if (way === 'config') {
    const failed = plan.nodes.filter(({ id }) => state.nodes.get(id)?.status === 'failed');
    return { config: Object.fromEntries(failed.map(({ id }) => [id, { fail: null }])) };
  }
  if (way === 'plain') return {};
  const candidates = plan.nodes.filter((node) => openBefore(plan, state, node).length === 0);
  const from = candidates[way.from % Math.max(1, candidates.length)];
  return from ? { fromNodeId: from.id } : {};
}

const renamed = ({ nodes, ...rest }: TestWorkflow): TestWorkflow => ({
  ...rest,
  nodes: nodes.map((node) => ({ ...node, label: `The node ${node.id}` })),
});

describe('a random execution that is resumed', () => {
  it('ends with the same outputs as one without a failure, however it is resumed and wherever it was paused', async () => {
    const workflows = randomWorkflow({ atOnce: false, errorHandling: 'stop' }).map(tamed);
    const pauses = fc.array(fc.constantFrom(0, 5, 40, 60, 2000), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(workflows, pauses, ways, async (workflow, times, given) => {
        const expected = outcomeOf(await DrivenExecution.run(withoutFailures(workflow)));
        const execution = new DrivenExecution(workflow, { later: [renamed(workflow)] }).start();
        const next = [...given];
        for (const ms of times) {
          await execution.advance(ms);
          if (execution.state.status !== 'running') break;
          await execution.command({ kind: 'pause', mode: 'abort' });
          if (isEnded(execution.state.status)) break;
          await goOn(execution, next.shift() ?? 'plain');
        }
        await execution.run();
        for (let tries = 0; execution.state.status === 'failed' && tries < 60; tries += 1) {
          await goOn(execution, next.shift() ?? 'config');
          await execution.run();
        }
        checkJournal(execution);
        expect(outcomeOf(execution)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});

/** Resumes it, and sees that nothing but what was said runs. */
async function goOn(execution: DrivenExecution, way: Way): Promise<void> {
  const request = requestFor(way, execution);
  const { length } = execution.events;
  await resume(execution, request);
  const at = execution.types.indexOf('execution:resumed', length);
  const plan = execution.revision(request.workflowRevision ?? execution.state.revision).plan;
  const then = new DrivenExecution({ nodes: [] }, { events: execution.events.slice(0, at + 1) }).state;
  const { willRun, first } = outlook(plan, then);
  expect(resumeContext('e', plan, then).resumeFromNodes).toEqual(first);
  for (const id of first) expect(willRun).toContain(id);
  const acted = execution.world.calls.length;
  await execution.settle();
  for (const { nodeId } of execution.world.calls.slice(acted)) expect(willRun).toContain(nodeId);
}
