import type { ExecutionState } from '../engine/state/execution-state.js';
import { CrashCount, CRASH_LOOP_CLAIMS } from './crash-count.js';

function stateWith(completed: number, failed = 0): ExecutionState {
  const counts = { pending: 0, running: 0, completed, failed, skipped: 0 };
  return { counts, rollbacks: [] } as Partial<ExecutionState> as ExecutionState;
}

it('a node that ends sets the count back, once, with what is written then', async () => {
  const state = stateWith(3);
  const crashes = new CrashCount(state, 4);
  expect([crashes.isOutdated, crashes.toWrite()]).toEqual([false, 4]);
  state.counts.failed += 1;
  expect([crashes.isOutdated, crashes.toWrite(), crashes.isOutdated]).toEqual([true, 0, false]);
  await crashes.over;
});

it('one that has seen no death has nothing to write, whatever ends', async () => {
  const state = stateWith(0);
  const crashes = new CrashCount(state, 0);
  state.counts.completed += 1;
  expect([crashes.isOutdated, crashes.toWrite(), crashes.isLoop]).toEqual([false, 0, false]);
  await crashes.over;
});

it('ten claims are a loop, until they are forgotten', () => {
  expect(new CrashCount(stateWith(0), CRASH_LOOP_CLAIMS - 1).isLoop).toBe(false);
  const crashes = new CrashCount(stateWith(0), CRASH_LOOP_CLAIMS);
  expect(crashes.isLoop).toBe(true);
  crashes.clear();
  expect([crashes.isLoop, crashes.toWrite()]).toEqual([false, 0]);
});
