import type { JournalEvent } from '../journal/events.js';
import { attentionOf } from '../journal/summary.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution } from '../testing/driven-execution.js';

const effect = (id: string) => ({ id, type: 'effect', config: { ms: 10 } });

/** Two effects, one after the other; with what another process has left of it. */
function chain(events?: JournalEvent[]): DrivenExecution {
  return new DrivenExecution({ nodes: [effect('a'), effect('b')], edges: [edge('a', 'b')] }, { events });
}

describe('an execution that is paused instead of being driven', () => {
  it('is started first when it had not begun, and runs nothing', async () => {
    const created = chain().start().settle();
    const [event] = (await created).events;
    const execution = chain([event as JournalEvent]).load();
    execution.driver.pauseWith('CRASH_LOOP');
    await execution.settle();

    expect(execution.types).toEqual(['execution:created', 'execution:started', 'execution:paused']);
    expect(execution.state).toMatchObject({ status: 'paused', pauseCode: 'CRASH_LOOP' });
    expect(attentionOf(execution.state)).toBe('crash-loop');
    expect(execution.left).toEqual({ wakeAt: null });
    expect(execution.logEntries).toMatchObject([{ level: 'error', data: { code: 'CRASH_LOOP' } }]);
    expect(execution.world.calls).toEqual([]);
  });

  it('tells what was cut off, and goes on from there at the resume', async () => {
    const execution = await chain().start().settle();
    await execution.advance(15);
    execution.crash();
    execution.load().driver.pauseWith('CRASH_LOOP');
    await execution.settle();

    expect(execution.types.slice(-3)).toEqual(['node:started', 'node:interrupted', 'execution:paused']);
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(attentionOf(execution.state)).toBeNull();
    expect(execution.world.callsOf('a')).toHaveLength(1);
  });

  it('that was being paused is paused with the code', async () => {
    const execution = await chain().start().settle();
    await execution.command({ kind: 'pause', mode: 'wait' });
    execution.crash();
    execution.load().driver.pauseWith('CRASH_LOOP');
    await execution.settle();

    expect(execution.state).toMatchObject({ status: 'paused', activity: null, pauseCode: 'CRASH_LOOP' });
  });

  it('that was being cancelled is cancelled', async () => {
    const execution = await chain().start().settle();
    await execution.command({ kind: 'end', then: 'cancelled' });
    execution.crash();
    execution.load().driver.pauseWith('CRASH_LOOP');
    await execution.run();

    expect(execution.state.status).toBe('cancelled');
  });
});
