import { NodeError } from '../errors.js';
import { nodeHistory } from '../journal/node-history.js';
import type { NodeType } from '../ports.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution } from '../testing/driven-execution.js';

const MINUTE = 60_000;

/** An external type whose handler fails so often, and which fetches when it is undone. */
function payments(failures: number, more: Partial<NodeType> = {}) {
  const keys: string[] = [];
  const type: NodeType = {
    type: 'pay',
    name: 'Pay',
    category: 'test',
    description: '',
    version: '1.0.0',
    configSchema: {},
    effect: 'external',
    execute: () => Promise.resolve({ outputs: {} }),
    rollback: async ({ idempotencyKey, fetch }) => {
      keys.push(idempotencyKey);
      await fetch('http://shop.example/');
      if (keys.length <= failures) throw new NodeError('HTTP_503', 'Not now');
    },
    ...more,
  };
  return { keys, type };
}

/** Undoes its one node, whose handler fails `failures` times, a minute between its attempts. */
async function rollingBack(failures: number, retryPolicy: object = {}, more?: Partial<NodeType>) {
  const { keys, type } = payments(failures, more);
  const node = { id: 'a', type: 'pay', retryPolicy: { maxRetries: 3, initialDelay: MINUTE, ...retryPolicy } };
  const execution = await DrivenExecution.run(
    { nodes: [node] },
    {
      types: [type],
      createFetch: (_, use) => () => {
        Object.assign(use, { requestCount: 1, bytesSent: 10, bytesReceived: 100 });
        return Promise.resolve(new Response());
      },
    },
  );
  await execution.command({ kind: 'rollback', targetNodeId: null, scope: 'after', force: false });
  await execution.settle();
  return { execution, keys };
}

describe('the pause between two attempts of a handler', () => {
  it('is in the journal, and a long one holds no memory', async () => {
    const { execution, keys } = await rollingBack(1);
    const due = execution.scheduler.now() + MINUTE;
    expect(execution.eventsOf('node:rollback-failed')).toMatchObject([{ attempt: 1, until: due }]);
    expect(execution.left).toEqual({ wakeAt: due });
    expect(execution.state).toMatchObject({ status: 'completed', activity: 'rolling-back' });
    await execution.run();
    expect(execution.scheduler.now()).toBe(due);
    expect(keys).toHaveLength(2);
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
    checkJournal(execution);
  });

  it('goes on where it was after a crash', async () => {
    for (const initialDelay of [MINUTE, 5000]) {
      const { execution, keys } = await rollingBack(1, { initialDelay });
      const due = execution.scheduler.now() + initialDelay;
      await execution.advance(3000);
      execution.crash();
      await execution.start().advance(1000);
      expect(keys).toHaveLength(1);
      await execution.run();
      expect([keys.length, execution.scheduler.now()]).toEqual([2, due]);
      expect(new Set(keys).size).toBe(1);
      expect(execution.eventsOf('node:rolled-back')).toMatchObject([{ attempt: 2, outcome: 'undone' }]);
      checkJournal(execution);
    }
  });

  it('that lasted beyond maxElapsed, since nobody was there, is followed by no attempt', async () => {
    const { execution, keys } = await rollingBack(1, { maxElapsed: 2 * MINUTE });
    execution.crash();
    await execution.advance(3 * MINUTE);
    await execution.start().run();
    expect(keys).toHaveLength(1);
    expect(execution.events.at(-1)).toMatchObject({
      type: 'execution:rollback-stopped',
      failedNodeId: 'a',
      error: { code: 'HTTP_503' },
    });
    checkJournal(execution);
  });

  it('is not waited for when the rollback is cancelled, or asked for again', async () => {
    const { execution, keys } = await rollingBack(1);
    const command = { kind: 'rollback', targetNodeId: null, scope: 'after', force: false } as const;
    expect(await execution.command(command)).toBe(false);
    expect(execution.left).toMatchObject({ wakeAt: execution.eventsOf('node:rollback-failed')[0]?.until });
    await execution.command({ kind: 'end', then: 'cancelled' });
    await execution.run();
    expect(keys).toHaveLength(1);
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    expect(execution.statuses()).toEqual({ a: 'completed' });
    checkJournal(execution);
  });

  it('begins anew, as the attempts do, when a rollback that stopped goes on', async () => {
    const { execution, keys } = await rollingBack(4, { maxRetries: 1 });
    await execution.run();
    expect([keys.length, execution.state.activity]).toEqual([2, 'rollback-stopped']);
    expect(execution.eventsOf('node:rollback-failed').map(({ until }) => until === undefined)).toEqual([false, true]);
    await execution.command({ kind: 'rollback', targetNodeId: null, scope: 'after', force: false });
    await execution.run();
    expect([keys.length, execution.state.activity]).toEqual([4, 'rollback-stopped']);
    checkJournal(execution);
  });
});

describe('the attempts of a handler', () => {
  it('count for what the execution has moved over the network, failed ones too', async () => {
    const { execution } = await rollingBack(1);
    await execution.run();
    expect(execution.state.network).toEqual({ requestCount: 2, bytesSent: 20, bytesReceived: 200 });
  });

  it('stand with the run of the node that they undo', async () => {
    const { execution, keys } = await rollingBack(1);
    const ofNode = () => execution.events.map((event, index) => ({ seq: index + 1, event })).filter(hasNode);
    const [failed] = nodeHistory(ofNode());
    const [{ until = 0, timestamp: endTime } = {}] = execution.eventsOf('node:rollback-failed');
    expect(failed?.undone).toEqual({
      outcome: 'failed',
      attempts: [
        {
          attempt: 1,
          status: 'failed',
          key: keys[0],
          startTime: endTime,
          endTime,
          duration: 0,
          error: { code: 'HTTP_503', message: 'Not now' },
          retryAt: until,
        },
      ],
    });
    await execution.run();
    expect(nodeHistory(ofNode())[0]?.undone).toMatchObject({
      outcome: 'undone',
      attempts: [{ status: 'failed' }, { attempt: 2, status: 'completed', key: keys[0] }],
    });
  });

  it('are told apart where their process died', async () => {
    let hangs = true;
    const rollback = () => (hangs ? new Promise<void>(() => undefined) : Promise.resolve());
    const { execution } = await rollingBack(0, {}, { rollback });
    const ofNode = () => execution.events.map((event, index) => ({ seq: index + 1, event })).filter(hasNode);
    expect(nodeHistory(ofNode())[0]?.undone).toMatchObject({ outcome: null, attempts: [{ status: 'running' }] });
    execution.crash();
    hangs = false;
    await execution.start().run();
    expect(nodeHistory(ofNode())[0]?.undone).toMatchObject({
      outcome: 'undone',
      attempts: [
        { attempt: 1, status: 'interrupted', endTime: null },
        { attempt: 2, status: 'completed' },
      ],
    });
  });
});

function hasNode({ event }: { event: object }): boolean {
  return 'nodeId' in event;
}
