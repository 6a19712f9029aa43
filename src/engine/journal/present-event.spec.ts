import type { NodeType } from '../ports.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import type { JournalEvent } from './events.js';
import { executionRow } from './execution-row.js';
import { foldEvent, foldJournal, startFold } from './fold.js';
import { carriesRow, JOURNAL_EVENT_TYPES, presentEvent, type PresentedEvent } from './present-event.js';

const OUTPUT: NodeType = {
  type: 'output',
  name: 'output',
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect: 'pure',
  execute: ({ inputs }) => ({ outputs: inputs }),
};

/** Every event of a journal as it is listed. */
function present({ plan, events }: DrivenExecution): PresentedEvent[] {
  const [first, ...rest] = events;
  if (first?.type !== 'execution:created') throw new Error('no journal');
  const state = startFold(first);
  const presented = [presentEvent('exec_1', plan, { seq: 1, event: first }, state)];
  for (const [index, event] of rest.entries()) {
    foldEvent(state, index + 2, event);
    presented.push(presentEvent('exec_1', plan, { seq: index + 2, event }, state));
  }
  return presented;
}

async function run(workflow: TestWorkflow): Promise<PresentedEvent[]> {
  return present(await DrivenExecution.run(workflow, { types: [OUTPUT] }));
}

function dataOf(events: PresentedEvent[], type: string) {
  const found = events.find((event) => event.type === type);
  if (!found) throw new Error(`no ${type}`);
  return found.data;
}

describe('presentEvent', () => {
  it('puts the name, the type and the end into what is stored of a node', async () => {
    const nodes = [
      { id: 'a', type: 'effect', label: 'Pay', config: { ms: 70, fail: { code: 'BUSY', times: 1 } } },
      { id: 'b', type: 'value', config: { fail: { code: 'BROKEN' } }, retryPolicy: { maxRetries: 0 } },
    ];
    const events = await run({ nodes, edges: [{ source: 'a', target: 'b' }] });

    expect(dataOf(events, 'node:started')).toMatchObject({
      nodeId: 'a',
      name: 'Pay',
      nodeType: 'effect',
      run: 1,
      attempt: 1,
      key: expect.stringMatching(/^rt_/) as unknown,
      instance: 'i1',
      config: { ms: 70 },
    });
    const retrying = events.find(({ type }) => type === 'node:retrying');
    expect(retrying?.data).toMatchObject({
      nodeId: 'a',
      attempt: 1,
      endTime: retrying?.timestamp,
      error: { code: 'BUSY' },
      delay: 1000,
    });
    const completed = events.find(({ type }) => type === 'node:completed');
    expect(completed).toMatchObject({ nodeId: 'a', seq: 6 });
    expect(completed?.data).toMatchObject({
      nodeId: 'a',
      name: 'Pay',
      nodeType: 'effect',
      attempt: 2,
      endTime: completed?.timestamp,
      duration: 70,
      outputs: {},
    });
    const failed = events.find(({ type }) => type === 'node:failed');
    expect(failed?.data).toMatchObject({ nodeId: 'b', endTime: failed?.timestamp, error: { code: 'BROKEN' } });
  });

  it('gives events that change the status the row as it then is, and no others', async () => {
    const execution = await DrivenExecution.run({ nodes: [{ id: 'a', type: 'value', config: {} }] });
    const events = present(execution);
    for (const event of events) {
      const state = foldJournal(execution.events.slice(0, event.seq));
      if (!carriesRow(event.type)) expect(event.data).not.toHaveProperty('row');
      else expect(event.data.row).toEqual(executionRow('exec_1', execution.plan, state, event.timestamp));
    }
    expect(events.map(({ type, data }) => [type, (data.row as { status?: string } | undefined)?.status])).toEqual([
      ['execution:created', 'pending'],
      ['execution:started', 'running'],
      ['node:completed', undefined],
      ['execution:completed', 'completed'],
    ]);
  });

  it('tells the fold whence it starts', async () => {
    const data = dataOf(await run({ nodes: [] }), 'execution:created');
    expect(data).toMatchObject({
      workflowId: 'wf_test',
      revision: 1,
      trigger: { type: 'api' },
      context: {},
      labels: {},
      priority: 0,
    });
    expect(data.row).not.toHaveProperty('context');
  });

  it('gives the end its result, or its error', async () => {
    const ends = await run({ nodes: [{ id: 'out', type: 'output' }] });
    expect(dataOf(ends, 'execution:completed')).toMatchObject({ result: {}, performance: null });

    const nodes = [{ id: 'a', type: 'value', config: { fail: { code: 'BROKEN' } }, retryPolicy: { maxRetries: 0 } }];
    expect(dataOf(await run({ nodes }), 'execution:failed')).toMatchObject({
      error: { code: 'BROKEN', message: 'a failed', failedNodeId: 'a', failedNodeName: 'a' },
      performance: null,
      row: { status: 'failed', attention: 'failed', summary: 'a: BROKEN, a failed' },
    });
  });

  it('names who asked, beside the data and in it', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'nap', type: 'sleep', config: { ms: 60_000 } }] }).start();
    await execution.settle();
    await execution.command({ kind: 'end', then: 'cancelled', actor: 'ann', reason: 'enough' });
    const event = present(execution).at(-1);

    expect(event).toMatchObject({
      type: 'execution:cancelled',
      actor: 'ann',
      data: { actor: 'ann', reason: 'enough' },
    });
    expect(event?.data).not.toHaveProperty('result');
  });

  it('leaves out what the event has not', () => {
    const { plan } = new DrivenExecution({ nodes: [] });
    const event: JournalEvent = { type: 'node:skipped', timestamp: 5, nodeId: 'a', reason: 'dead' };
    expect(presentEvent('exec_1', plan, { seq: 3, event }, null)).toEqual({
      seq: 3,
      type: 'node:skipped',
      timestamp: 5,
      nodeId: 'a',
      data: { nodeId: 'a', reason: 'dead' },
    });
  });

  it('has a note in place of outputs above 16 KiB, of variables and of the result too', async () => {
    const size = 16 * 1024;
    const give = (text: string) => ({ give: { text }, variables: { text } });
    const fits = 'x'.repeat(size - Buffer.byteLength('{"text":""}'));
    const nodes = [
      { id: 'fits', type: 'value', config: give(fits) },
      { id: 'large', type: 'value', config: give(`${fits}x`) },
      { id: 'out', type: 'output' },
    ];
    const events = await run({ nodes, edges: [{ source: 'large', target: 'out' }] });
    const data = (nodeId: string) => events.find((event) => event.nodeId === nodeId)?.data;
    const note = { truncated: true, bytes: size + 1 };

    expect(data('fits')).toMatchObject({ outputs: { text: fits }, variables: { text: fits } });
    expect(data('large')).toMatchObject({ outputs: note, variables: note });
    expect(dataOf(events, 'execution:completed').result).toEqual(note);
  });

  it('knows every type of event', async () => {
    const types = new Set((await run({ nodes: [{ id: 'a', type: 'effect', config: {} }] })).map(({ type }) => type));
    expect(JOURNAL_EVENT_TYPES).toEqual(expect.arrayContaining([...types]));
    expect(JOURNAL_EVENT_TYPES.filter(carriesRow)).toHaveLength(9);
  });
});
