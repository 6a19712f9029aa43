import { startFold } from '../engine/journal/fold.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { ExecutionMeter } from './execution-meter.js';
import { ProcessMeter, type ProcessReading } from './process-meter.js';

/** A process whose counters a test sets. */
class SetProcess extends ProcessMeter {
  private now: ProcessReading = reading(5, 100);

  set(cpu: number, memory: number): void {
    this.now = reading(cpu, memory);
  }

  override read(): ProcessReading {
    return this.now;
  }

  override cpuSince(_before: ProcessReading, { cpu }: ProcessReading) {
    return cpu;
  }
}

function reading(cpu: number, memory: number): ProcessReading {
  return { at: 0, user: 0, system: 0, cpu: { user: cpu, system: 1 }, memory: { used: memory, total: 1000 } };
}

function running(): ExecutionState {
  const what = { trigger: { type: 'api' as const }, context: {}, labels: {}, priority: 0 };
  const workflow = { workflowId: 'wf', workflowName: 'Wf', revision: 1 };
  const state = startFold({ type: 'execution:created', timestamp: 1000, ...workflow, ...what });
  state.startedAt = 1000;
  return state;
}

let process: SetProcess;
let state: ExecutionState;

beforeEach(() => {
  process = new SetProcess();
  state = running();
});

describe('A sample', () => {
  it('says what the process has, what the nodes have moved, and how many ended since the one before', () => {
    const meter = new ExecutionMeter(process, state, 1000, undefined);
    state.counts.completed = 3;
    state.counts.failed = 1;
    state.counts.skipped = 7;
    state.network = { bytesReceived: 7, bytesSent: 8, requestCount: 9 };
    process.set(10.5, 250);
    const first = meter.sample(state, 3000);
    state.counts.completed = 4;

    expect(first).toEqual({
      timestamp: 3000,
      cpu: { usage: 11.5, user: 10.5, system: 1 },
      memory: { used: 250, total: 1000, percentage: 25 },
      network: { bytesReceived: 7, bytesSent: 8, requestCount: 9 },
      duration: 2000,
      throughput: 2,
    });
    expect(meter.sample(state, 3500).throughput).toBe(2);
  });

  it('does not count the time that was only waited', () => {
    const meter = new ExecutionMeter(process, state, 1000, undefined);
    meter.rest(state, 11_000);
    state.counts.completed = 1;
    expect(meter.sample(state, 12_000)).toMatchObject({ throughput: 1, duration: 11_000 });
  });

  it('has no negative throughput when nodes are reset', () => {
    state.counts.completed = 5;
    const meter = new ExecutionMeter(process, state, 1000, undefined);
    state.counts.completed = 2;
    expect(meter.sample(state, 2000).throughput).toBe(0);
  });
});

describe('The end', () => {
  it('has its sample, which is all that there is of the shortest execution', () => {
    const meter = new ExecutionMeter(process, state, 1000, undefined);
    state.counts.completed = 3;
    expect(meter.close(state, 1000)).toEqual({
      sample: { cpu: { user: 5, system: 1 }, memory: { used: 100, total: 1000 }, throughput: 3000 },
    });
  });

  it('has the mean and the peak of all samples', () => {
    const meter = new ExecutionMeter(process, state, 1000, undefined);
    process.set(20, 700);
    meter.sample(state, 2000);
    process.set(9.01, 300);
    expect(meter.close(state, 3000)).toMatchObject({
      sample: { memory: { used: 300 } },
      performance: { cpuUsage: 15.51, memoryUsage: 700 },
    });
  });

  it('counts the samples of the time before a pause, a crash or an earlier end', () => {
    const cpu = { usage: 40, user: 40, system: 0 };
    const network = { bytesReceived: 0, bytesSent: 0, requestCount: 0 };
    const memory = { used: 900, total: 1000, percentage: 90 };
    const sample = { timestamp: 1500, cpu, memory, network, duration: 500, throughput: 0 };
    state.closings = [{ sample, performance: { cpuUsage: 40, memoryUsage: 900, networkIO: network } }];
    const meter = new ExecutionMeter(process, state, 9000, { samples: 2, cpuSum: 14, memoryPeak: 800 });
    expect(meter.close(state, 9000).performance).toEqual({ cpuUsage: 15, memoryUsage: 900 });
  });
});

test('The counters of the process are read anew at most every 100 ms', () => {
  const meter = new ProcessMeter();
  const first = meter.read();
  const { at } = first;
  let reads = 0;
  let next = meter.read();
  while (next === first) {
    reads += 1;
    next = meter.read();
  }
  expect(next.at - at).toBeGreaterThanOrEqual(100);
  expect(reads).toBeGreaterThan(100);
  expect(next.memory.used).toBeGreaterThan(10_000_000);
  expect(next.memory.total).toBeGreaterThan(next.memory.used);
  // This loop kept a core busy, or as much of one as others left it.
  const { user, system } = meter.cpuSince(first, next);
  expect(user + system).toBeGreaterThan(0);
  expect(meter.cpuSince(next, next)).toBe(next.cpu);
});
