import type { RunningAttempt } from '../journal/execution-record.js';
import { foldJournal } from '../journal/fold.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { progressOf, type Progress } from './progress.js';

const chain = (...nodes: TestWorkflow['nodes']): TestWorkflow => ({
  nodes,
  edges: nodes.slice(1).map(({ id }, index) => ({ source: nodes[index]?.id ?? '', target: id })),
});

function progress({ plan, state, scheduler }: DrivenExecution, running?: RunningAttempt[]): Progress {
  return progressOf({ plan, state, now: scheduler.now(), driven: running && { state, running } });
}

describe('progressOf', () => {
  it('counts nodes by their status; all of them together are the total', async () => {
    const execution = new DrivenExecution({
      nodes: [
        { id: 'if', type: 'branch', config: { port: 'true' } },
        { id: 'yes', type: 'effect', config: { ms: 1000 } },
        { id: 'no', type: 'value' },
        { id: 'after', type: 'value' },
      ],
      edges: [
        { source: 'if', target: 'yes', sourceOutput: 'true' },
        { source: 'if', target: 'no', sourceOutput: 'false' },
        { source: 'yes', target: 'after' },
      ],
    }).start();
    await execution.settle();

    expect(progress(execution)).toMatchObject({
      totalNodes: 4,
      completedNodes: 1,
      failedNodes: 0,
      skippedNodes: 1,
      runningNodes: 1,
      pendingNodes: 1,
      progress: 0.5,
    });
  });

  it('counts an attempt that the journal does not know', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'a', type: 'work', config: { ms: 1000 } }] }).start();
    await execution.settle();
    const running = [{ nodeId: 'a', run: 1, attempt: 1, startTime: 0 }];

    expect(progress(execution)).toMatchObject({ runningNodes: 0, pendingNodes: 1 });
    expect(progress(execution, running)).toMatchObject({ runningNodes: 1, pendingNodes: 0 });
  });

  it('counts a node that is between attempts once, also when its next attempt has begun', async () => {
    const flaky = { ms: 100, fail: { code: 'BUSY', times: 1 } };
    const execution = new DrivenExecution({
      nodes: [{ id: 'a', type: 'work', config: flaky, retryPolicy: { initialDelay: 1000 } }],
    }).start();
    await execution.advance(1120);
    const attempts = execution.driver.running();
    const running = attempts.map(({ node, ...rest }) => ({ nodeId: node.id, ...rest }));

    expect(running).toMatchObject([{ attempt: 2 }]);
    expect(progress(execution, running)).toMatchObject({ runningNodes: 1, pendingNodes: 0 });
  });

  it('is 1 once the execution has completed, with failed nodes too and without any node', async () => {
    const nodes = [{ id: 'a', type: 'value', config: { fail: { code: 'X' } }, retryPolicy: { maxRetries: 0 } }];
    const failing = await DrivenExecution.run({ nodes, settings: { errorHandling: 'continue' } });
    const empty = await DrivenExecution.run({ nodes: [] });

    expect(progress(failing)).toMatchObject({ failedNodes: 1, progress: 1 });
    expect(progress(empty)).toMatchObject({ totalNodes: 0, progress: 1 });
    const before = foldJournal(empty.events.slice(0, -1));
    expect(progressOf({ plan: empty.plan, state: before, now: 0 }).progress).toBe(0);
  });

  it('estimates what is left by what the ended nodes took on average', async () => {
    const work = (id: string, ms: number) => ({ id, type: 'effect', config: { ms } });
    const execution = new DrivenExecution(chain(work('a', 100), work('b', 300), work('c', 0), work('d', 0))).start();
    await execution.advance(50);
    expect(progress(execution)).not.toHaveProperty('estimatedTimeRemaining');
    await execution.advance(60);
    // The second one has run for 10 ms of 100.
    const { estimatedTimeRemaining, estimate } = progress(execution);
    expect(estimatedTimeRemaining).toBe(290);
    expect(estimate).toMatchObject({ remaining: 290, basis: 'elapsed', runs: 0, criticalPath: ['b', 'c', 'd'] });
    await execution.run();
    expect(progress(execution)).not.toHaveProperty('estimatedTimeRemaining');
    expect(progress(execution)).not.toHaveProperty('estimate');
  });
});
