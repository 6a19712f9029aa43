import fc from 'fast-check';
import { EngineError } from '../errors.js';
import type { JournalEvent } from '../journal/events.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { randomWorkflow } from '../testing/random-workflows.js';
import { referenceRun } from '../testing/reference-run.js';

/** Sees to it that every external act is covered by what is committed, and that no node acts twice at once. */
function watchWorld(execution: DrivenExecution): void {
  const keys = new Map<string, string>();
  execution.world.onCall = ({ nodeId, run, attempt, key, effect }) => {
    if (effect !== 'external') return;
    const { events } = execution;
    const intent = events.findIndex(
      (event) =>
        event.type === 'node:started' && event.nodeId === nodeId && event.run === run && event.attempt === attempt,
    );
    if (intent < 0) throw new Error(`${nodeId} acts without a committed intent`);
    const committed = execution.state;
    for (const { source } of execution.plan.byId.get(nodeId)?.incoming ?? []) {
      const before = committed.nodes.get(execution.plan.nodes[source]?.id ?? '');
      if (!before || !['completed', 'failed', 'skipped'].includes(before.status)) {
        throw new Error(`${nodeId} acts before what it depends on is committed`);
      }
    }
    const first = keys.get(`${nodeId} ${run}`) ?? key;
    if (first !== key) throw new Error(`${nodeId} repeats under another key`);
    if ([...keys].some(([name, other]) => other === key && name !== `${nodeId} ${run}`)) {
      throw new Error(`${nodeId} acts under the key of another`);
    }
    keys.set(`${nodeId} ${run}`, key);
  };
}

/** What the record shows in the end, without what depends on time and on how often it was cut off. */
function outcomeOf(execution: DrivenExecution) {
  const { status, error, variables } = execution.state;
  const nodes = execution.plan.nodes.map(({ id }) => {
    const { status: ended, outputs, port, edges, skipReason, error: failure, failures } = execution.node(id);
    return { id, ended, outputs, port, edges, skipReason, failure, failures };
  });
  return { status, error, variables, nodes };
}

/** Drives on from a prefix of a journal. */
async function goOn(workflow: TestWorkflow, events: readonly JournalEvent[], share: number): Promise<DrivenExecution> {
  const kept = 1 + Math.floor(share * events.length * 0.999_999);
  const execution = new DrivenExecution(workflow, { events: events.slice(0, kept) });
  watchWorld(execution);
  await execution.start().run();
  checkJournal(execution);
  return execution;
}

async function driven(workflow: TestWorkflow): Promise<DrivenExecution> {
  const execution = new DrivenExecution(workflow);
  watchWorld(execution);
  await execution.start().run();
  checkJournal(execution);
  expect(execution.world.twice).toEqual([]);
  expect(execution.world.mostActing).toBeLessThanOrEqual(workflow.settings?.maxConcurrency ?? 5);
  return execution;
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 });

describe('a random execution', () => {
  it('ends, under continue, with every node as the format says, in a lawful journal', async () => {
    await fc.assert(
      fc.asyncProperty(randomWorkflow({ atOnce: false, errorHandling: 'continue' }), async (workflow) => {
        const execution = await driven(workflow);
        expect(execution.state.status).toBe('completed');
        const ends = referenceRun(workflow);
        for (const [id, { status, code, disabled }] of ends) {
          const node = execution.node(id);
          expect([id, node.status, node.error?.code]).toEqual([id, status, code]);
          if (status === 'skipped') expect([id, node.skipReason]).toEqual([id, disabled ? 'disabled' : 'dead']);
        }
        for (const { id } of workflow.nodes) {
          const ended = execution.events.filter(
            (event) =>
              'nodeId' in event &&
              event.nodeId === id &&
              ['node:completed', 'node:failed', 'node:skipped'].includes(event.type),
          );
          expect([id, ended.length]).toEqual([id, 1]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('goes on from any prefix of its journal to the same record, again and again', async () => {
    await fc.assert(
      fc.asyncProperty(randomWorkflow({ atOnce: false, errorHandling: 'continue' }), cuts, async (workflow, shares) => {
        const whole = await driven(workflow);
        let { events } = whole;
        for (const share of shares) {
          const again = await goOn(workflow, events, share);
          expect(outcomeOf(again)).toEqual(outcomeOf(whole));
          ({ events } = again);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('goes on from every single prefix event for event, when no time passes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom('stop' as const, 'continue' as const)
          .chain((errorHandling) => randomWorkflow({ atOnce: true, errorHandling })),
        async (workflow) => {
          const { events } = await driven(workflow);
          for (let kept = 1; kept <= events.length; kept += 1) {
            const again = new DrivenExecution(workflow, { events: events.slice(0, kept) });
            await again.start().run();
            expect(again.events).toEqual(events);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('ends, under stop, in the same status from any prefix, and what completed in both is equal', async () => {
    await fc.assert(
      fc.asyncProperty(randomWorkflow({ atOnce: false, errorHandling: 'stop' }), cuts, async (workflow, shares) => {
        const whole = await driven(workflow);
        let { events } = whole;
        for (const share of shares) {
          const again = await goOn(workflow, events, share);
          expect(again.state.status).toBe(whole.state.status);
          for (const { id } of workflow.nodes) {
            const [one, other] = [whole.node(id), again.node(id)];
            if (one.status === 'completed' && other.status === 'completed') expect(other.outputs).toEqual(one.outputs);
          }
          ({ events } = again);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('random commands and crashes', () => {
  type Step =
    | { do: 'advance'; ms: number }
    | { do: 'command'; command: Command }
    | { do: 'crash' | 'interrupt' | 'drain' };
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(0, 5, 10, 49, 100, 3000, 20_000),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('command' as const),
        command: fc.constantFrom<Command>(
          { kind: 'pause', mode: 'wait' },
          { kind: 'pause', mode: 'abort' },
          { kind: 'resume' },
          { kind: 'resume' },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('command' as const),
        command: fc.constantFrom<Command>(
          { kind: 'end', then: 'cancelled', actor: 'ann' },
          { kind: 'end', then: 'failed', actor: 'ann' },
          { kind: 'end', then: 'completed', actor: 'ann' },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          nodeId: fc.nat(5).map((index) => `n${index}`),
          status: fc.constantFrom('completed' as const, 'skipped' as const, 'pending' as const),
        })
        .map((settlement) => ({ do: 'command' as const, command: { kind: 'settle' as const, ...settlement } })),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'interrupt' as const, 'drain' as const) }),
    },
  );

  async function apply(execution: DrivenExecution, each: Step): Promise<void> {
    if (each.do === 'advance') await execution.advance(each.ms);
    else if (each.do === 'command') {
      await execution.command(each.command).catch((error: unknown) => {
        if (!(error instanceof EngineError)) throw error;
      });
    } else if (execution.left) {
      const { status } = execution.state;
      if (status === 'running') execution.start();
    } else if (each.do === 'crash') {
      execution.crash();
      if (execution.events.length === 0 || execution.state.status === 'running') execution.start();
      else execution.load().driver.release();
      await execution.settle();
    } else {
      execution.driver[each.do]();
      await execution.settle();
    }
  }

  it('leave a lawful journal, in which no node acts twice at once, and the execution can always be brought to its end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom('stop' as const, 'continue' as const)
          .chain((errorHandling) => randomWorkflow({ atOnce: false, errorHandling })),
        fc.array(step, { maxLength: 12 }),
        async (workflow, steps) => {
          const execution = new DrivenExecution(workflow);
          watchWorld(execution);
          await execution.start().settle();
          for (const each of steps) await apply(execution, each);
          await execution.settle();
          if (execution.left && execution.state.status === 'running') execution.start();
          await execution.run();
          for (let round = 0; execution.state.status === 'paused' && round < 3; round += 1) {
            await execution.command({ kind: 'resume' });
            await execution.run();
          }
          expect(execution.hasEnded).toBe(true);
          expect(execution.world.twice).toEqual([]);
          expect(execution.world.mostActing).toBeLessThanOrEqual(workflow.settings?.maxConcurrency ?? 5);
          checkJournal(execution);
        },
      ),
      { numRuns: 300 },
    );
  });
});
