import fc from 'fast-check';
import type { EndMeasurement } from '../ports.js';
import { DrivenExecution } from '../testing/driven-execution.js';
import { buildRecord } from './execution-record.js';
import { cpuUsage, metricSample } from './metric-sample.js';
import { presentEvent } from './present-event.js';

const first: EndMeasurement = {
  sample: { cpu: { user: 10.12, system: 2.1 }, memory: { used: 300, total: 1200 }, throughput: 4.5 },
};
const second: EndMeasurement = {
  sample: { cpu: { user: 1, system: 0.5 }, memory: { used: 200, total: 1200 }, throughput: 0 },
  performance: { cpuUsage: 7, memoryUsage: 800 },
};
const nothing = { bytesReceived: 0, bytesSent: 0, requestCount: 0 };

/** One that measures this at its first end, its second one and so on. */
function measuring(...measurements: EndMeasurement[]) {
  return { measureEnd: () => measurements.shift() ?? {} };
}

const performanceOf = ({ plan, state }: DrivenExecution) =>
  buildRecord({ executionId: 'exec_1', plan, state, now: state.timestamp }).performance;

/** What the newest event shows. */
function shownEnd({ plan, state, events }: DrivenExecution) {
  const event = events.at(-1);
  if (!event) throw new Error('no journal');
  return presentEvent('exec_1', plan, { seq: state.seq, event }, state);
}

describe('What was measured of an execution', () => {
  it('rides in the event of its end, which says the mean and the peak only when there were more samples', async () => {
    const execution = await DrivenExecution.run(
      { nodes: [{ id: 'a', type: 'sleep', config: { ms: 40 } }] },
      measuring(first),
    );
    const { startedAt = 0, endedAt = 0 } = execution.state;

    expect(execution.events.at(-1)).toEqual({ type: 'execution:completed', timestamp: endedAt, ...first });
    const sample = {
      timestamp: endedAt,
      cpu: { usage: 12.22, user: 10.12, system: 2.1 },
      memory: { used: 300, total: 1200, percentage: 25 },
      network: nothing,
      duration: endedAt - startedAt,
      throughput: 4.5,
    };
    const performance = { cpuUsage: 12.22, memoryUsage: 300, networkIO: nothing };
    expect(execution.state.closings).toEqual([{ sample, performance }]);
    expect(performanceOf(execution)).toEqual(performance);
    expect(shownEnd(execution).data).toMatchObject({ sample, performance });
  });

  it('rides in a failure and a cancellation too, also of one that has left memory', async () => {
    const nodes = [{ id: 'a', type: 'value', config: { fail: { code: 'BROKEN' } }, retryPolicy: { maxRetries: 0 } }];
    const failed = await DrivenExecution.run({ nodes }, measuring(second));
    expect(shownEnd(failed)).toMatchObject({
      type: 'execution:failed',
      data: { performance: { cpuUsage: 7, memoryUsage: 800, networkIO: nothing } },
    });

    const waiting = new DrivenExecution(
      { nodes: [{ id: 'nap', type: 'sleep', config: { ms: 3_600_000 } }] },
      measuring(first),
    );
    await waiting.start().settle();
    await waiting.command({ kind: 'pause', mode: 'wait' });
    await waiting.command({ kind: 'end', then: 'cancelled' });
    expect(shownEnd(waiting)).toMatchObject({ type: 'execution:cancelled', data: { sample: { throughput: 4.5 } } });
  });

  it('stays when it goes on after an end, until the next one', async () => {
    const nodes = [
      { id: 'a', type: 'value', config: { fail: { code: 'X', times: 1 } }, retryPolicy: { maxRetries: 0 } },
    ];
    const execution = await DrivenExecution.run({ nodes }, measuring(first, second));
    expect(performanceOf(execution)).toMatchObject({ memoryUsage: 300 });
    await execution.command({ kind: 'resume' });
    await execution.run();

    expect(execution.types.filter((type) => type.startsWith('execution:'))).toContain('execution:resumed');
    expect(performanceOf(execution)).toMatchObject({ cpuUsage: 7, memoryUsage: 800 });
    expect(execution.state.closings.map(({ sample }) => sample.memory.used)).toEqual([300, 200]);
  });

  it('is null where nothing was measured', async () => {
    const execution = await DrivenExecution.run({ nodes: [] });
    expect(performanceOf(execution)).toBeNull();
    expect(shownEnd(execution).data).toMatchObject({ performance: null, sample: null });
  });
});

test('A sample is put together the same way again from what is kept of it', () => {
  const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  const bytes = fc.integer({ min: 1, max: 2 ** 45 });
  const measurement = fc.record({
    cpu: fc.record({ user: percent, system: percent }),
    memory: fc.record({ used: bytes, total: bytes }),
    throughput: percent,
  });
  fc.assert(
    fc.property(measurement, (measured) => {
      const at = { timestamp: 5, duration: 3, network: nothing };
      const sample = metricSample(measured, at);
      expect(metricSample(sample, sample)).toEqual(sample);
      expect(cpuUsage(measured.cpu)).toBeLessThanOrEqual(100);
    }),
  );
});
