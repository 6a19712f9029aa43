import { until } from '../../test/support/until.js';
import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import type { JsonObject } from '../engine/json.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { FeedSource } from './feed-source.js';
import type { FollowedExecution } from './followed-executions.js';
import { ProgressRelay } from './progress-relay.js';

let sent: JsonObject[] = [];
let failures = 0;
let fails = false;

function relayOf(): ProgressRelay {
  const source = {
    progress: (executionId: string, _: ExecutionPlan, { seq }: ExecutionState) =>
      fails ? Promise.reject(new Error('no history')) : Promise.resolve({ executionId, seq }),
  } as unknown as FeedSource;
  return new ProgressRelay(
    source,
    (_, data) => void sent.push(data),
    () => void (failures += 1),
  );
}

function followed(executionId: string, seq: number): FollowedExecution {
  return { executionId, state: { seq } as ExecutionState, plan: {} as ExecutionPlan, bytes: 0 };
}

beforeEach(() => {
  sent = [];
  failures = 0;
  fails = false;
});

it('of many changes the first and the last are told, each execution for itself', async () => {
  const relay = relayOf();
  for (let seq = 1; seq <= 100; seq += 1) relay.touched(followed('a', seq));
  relay.touched(followed('b', 7));
  await until(() => sent.length === 3);
  expect(sent).toEqual([
    { executionId: 'a', seq: 1 },
    { executionId: 'b', seq: 7 },
    { executionId: 'a', seq: 100 },
  ]);
  relay.end();
});

it('what could not be reckoned is reckoned at the next change', async () => {
  const relay = relayOf();
  fails = true;
  relay.touched(followed('a', 1));
  await until(() => failures === 1);
  fails = false;
  relay.touched(followed('a', 2));
  await until(() => sent.length === 1);
  expect(sent).toEqual([{ executionId: 'a', seq: 2 }]);
  relay.end();
});

it('an end forgets what was still to be told', async () => {
  const relay = relayOf();
  relay.touched(followed('a', 1));
  relay.end();
  await Promise.resolve();
  relay.touched(followed('b', 1));
  await until(() => sent.length === 1);
  expect(sent).toEqual([{ executionId: 'b', seq: 1 }]);
  relay.end();
});
