import { DrivenExecution } from '../testing/driven-execution.js';
import type { JournalEvent, NumberedEvent } from './events.js';
import { nodeHistory } from './node-history.js';

function numbered(events: readonly JournalEvent[]): NumberedEvent[] {
  return events.map((event, index) => ({ seq: index + 1, event }));
}

function eventsOf({ events }: DrivenExecution, nodeId: string): NumberedEvent[] {
  return numbered(events).filter(({ event }) => 'nodeId' in event && event.nodeId === nodeId);
}

describe('nodeHistory', () => {
  it('lists each attempt with its intent, its end and its error', async () => {
    const flaky = { ms: 10, give: { done: true }, fail: { code: 'BUSY', times: 1 } };
    const execution = await DrivenExecution.run({ nodes: [{ id: 'a', type: 'effect', config: flaky }] });
    const [run] = nodeHistory(eventsOf(execution, 'a'));

    expect(run?.run).toBe(1);
    expect(run?.attempts).toMatchObject([
      {
        attempt: 1,
        status: 'failed',
        duration: 10,
        intent: { key: expect.stringMatching(/^rt_/) as unknown, instance: 'i1', config: flaky },
        error: { code: 'BUSY' },
        retryAt: expect.any(Number) as unknown,
      },
      { attempt: 2, status: 'completed', duration: 10, outputs: { done: true }, intent: { instance: 'i1' } },
    ]);
  });

  it('has an attempt under way without an end, and one that waits with what it waits for', async () => {
    const nodes = [
      { id: 'a', type: 'effect', config: { ms: 1000 } },
      { id: 'nap', type: 'sleep', config: { ms: 5000 } },
    ];
    const execution = new DrivenExecution({ nodes }).start();
    await execution.settle();

    expect(nodeHistory(eventsOf(execution, 'a'))[0]?.attempts).toMatchObject([
      { attempt: 1, status: 'running', endTime: null, duration: null },
    ]);
    const [nap] = nodeHistory(eventsOf(execution, 'nap'))[0]?.attempts ?? [];
    expect(nap?.waiting).toMatchObject({ for: 'delay', until: (nap?.startTime ?? 0) + 5000 });
    await execution.run();
    expect(nodeHistory(eventsOf(execution, 'nap'))[0]?.attempts).toMatchObject([
      { attempt: 1, status: 'completed', duration: 5000, outputs: { waited: 5000 } },
    ]);
  });

  it('tells an attempt that was cut off, and goes on with the next one', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'a', type: 'effect', config: { ms: 1000 } }] }).start();
    await execution.advance(300);
    execution.crash();
    await execution.start().run();

    expect(nodeHistory(eventsOf(execution, 'a'))[0]?.attempts).toMatchObject([
      { attempt: 1, status: 'interrupted', outcome: 'unknown', interrupted: { cause: 'crash', then: 'retry' } },
      { attempt: 2, status: 'completed', intent: { instance: 'i2' } },
    ]);
  });

  it('keeps the runs apart, and says what a person settled', async () => {
    const broken = { fail: { code: 'BROKEN', times: 1 }, give: { ok: true } };
    const node = { id: 'a', type: 'value', config: broken, retryPolicy: { maxRetries: 0 } };
    const execution = await DrivenExecution.run({ nodes: [node] });
    await execution.command({ kind: 'resume' });
    await execution.run();
    const events = eventsOf(execution, 'a');

    expect(nodeHistory(events)).toMatchObject([
      { run: 1, attempts: [{ attempt: 1, status: 'failed', error: { code: 'BROKEN' } }] },
      { run: 2, attempts: [{ attempt: 1, status: 'completed', outputs: { ok: true } }] },
    ]);

    const settled: JournalEvent = {
      type: 'node:settled',
      timestamp: 7,
      nodeId: 'a',
      run: 2,
      status: 'skipped',
      actor: 'ann',
    };
    expect(nodeHistory([...events, ...numbered([settled])])[1]?.settled).toEqual({
      status: 'skipped',
      at: 7,
      by: 'ann',
    });
  });

  it('is empty for a node that nothing happened to', () => {
    const skipped: JournalEvent = { type: 'node:skipped', timestamp: 7, nodeId: 'a', reason: 'dead' };
    expect(nodeHistory(numbered([skipped]))).toEqual([]);
  });
});
