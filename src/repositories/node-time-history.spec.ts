import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { until } from '../../test/support/until.js';
import { DurationHistogram } from '../engine/progress/duration-histogram.js';
import { NodeDurationRepository } from './node-duration.repository.js';
import { NodeTimeHistory } from './node-time-history.js';

/** Counts how often it is read. */
class CountedDurations extends NodeDurationRepository {
  readings = 0;

  override ofWorkflows(ids: readonly string[]) {
    this.readings += 1;
    return super.ofWorkflows(ids);
  }
}

let opened: OpenTestDatabase;
let durations: CountedDurations;
let history: NodeTimeHistory;

beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(() => {
  durations = new CountedDurations(opened.database);
  history = new NodeTimeHistory(durations);
});

async function count(workflowId: string, nodeId: string, ...times: number[]): Promise<void> {
  const histogram = new DurationHistogram();
  for (const ms of times) histogram.add(ms);
  const durationSum = times.reduce((sum, ms) => sum + ms, 0);
  const sum = { count: times.length, failures: 0, durationSum, histogram };
  await durations.add('alive', [{ workflowId, nodes: new Map([[nodeId, sum]]) }]);
}

describe('how long the nodes of a workflow have taken', () => {
  test('comes from what all instances have counted, also for ids that a column cannot hold', async () => {
    await count('wf', 'odd\ud800', 101, 103);
    await count('wf', 'odd\ud800', 102);
    const times = await history.of('wf');

    expect(times.get('odd\ud800')).toMatchObject({ measured: 3, ended: 3, typical: expect.closeTo(102, 0) as number });
    expect(times.get('other')).toBeUndefined();
    expect((await history.of('wf_none')).get('odd')).toBeUndefined();
  });

  test('is read once for all who ask at the same time and soon after, and again later', async () => {
    await count('wf_again', 'a', 100);
    await Promise.all([history.of('wf_again'), history.of('wf_again')]);
    await history.of('wf_again');
    expect(durations.readings).toBe(1);

    await count('wf_again', 'a', 100);
    await until(async () => (await history.of('wf_again')).get('a')?.measured === 2);
    expect(durations.readings).toBe(2);
  });

  test('is read again at once after a reading that failed', async () => {
    const read = durations.ofWorkflows.bind(durations);
    durations.ofWorkflows = () => Promise.reject(new Error('away'));
    await expect(history.of('wf_away')).rejects.toThrow('away');
    durations.ofWorkflows = read;
    expect((await history.of('wf_away')).get('a')).toBeUndefined();
  });
});
