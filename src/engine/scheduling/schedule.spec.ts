import fc from 'fast-check';
import { buildExecutionPlan, type ExecutionPlan } from '../definition/execution-plan.js';
import type { JournalEvent } from '../journal/events.js';
import { foldEvent, foldJournal } from '../journal/fold.js';
import { type ExecutionState, hasEnded } from '../state/execution-state.js';
import { testCatalog } from '../testing/test-node-types.js';
import { Schedule } from './schedule.js';

const created: JournalEvent = {
  type: 'execution:created',
  timestamp: 1,
  workflowId: 'w',
  workflowName: 'W',
  revision: 1,
  trigger: { type: 'api' },
  context: {},
  labels: {},
  priority: 0,
};

/** Random graphs of nodes n0, n1, …; edges lead from lower to higher numbers, some twice. */
const graphs = fc.integer({ min: 1, max: 15 }).chain((size) =>
  fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 40 }).map((pairs) => {
    const nodes = Array.from({ length: size }, (_, index) => ({ id: `n${index}`, type: 'value' }));
    const edges = pairs
      .filter(([a, b]) => a !== b)
      .map(([a, b], index) => ({ id: `e${index}`, source: `n${Math.min(a, b)}`, target: `n${Math.max(a, b)}` }));
    const source = { workflowId: 'w', revision: 1, version: '1.0.0', content: { nodes: nodes.reverse(), edges } };
    return buildExecutionPlan(source, testCatalog([]));
  }),
);

/** Nodes that may be decided, the slow and plain way. */
function decidable(plan: ExecutionPlan, state: ExecutionState, taken: Set<string>): string[] {
  return plan.nodes
    .filter(({ id }) => !taken.has(id) && (state.nodes.get(id)?.status ?? 'pending') === 'pending')
    .filter(({ incoming }) => incoming.every(({ source }) => hasEnded(state.nodes.get(plan.nodes[source]?.id ?? ''))))
    .sort((a, b) => a.rank - b.rank)
    .map(({ id }) => id);
}

const newState = () => foldJournal([created, { type: 'execution:started', timestamp: 1 }]);

function complete(state: ExecutionState, nodeId: string): void {
  const attempt = { nodeId, run: 1, attempt: 1, startTime: 1, startSeq: 1 };
  foldEvent(state, state.seq + 1, { type: 'node:completed', timestamp: 1, ...attempt, outputs: {} });
}

describe('the schedule', () => {
  it('offers each node once all its sources have ended, the first in topological order first', () => {
    fc.assert(
      fc.property(graphs, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (plan, picks) => {
        const state = newState();
        const schedule = new Schedule(plan, state);
        const taken = new Set<string>();
        const running: string[] = [];
        for (const pick of picks) {
          const expected = decidable(plan, state, taken);
          if (pick % 2 === 0) {
            const node = schedule.next();
            expect(node?.id).toBe(expected[0]);
            if (node && pick % 8 === 0) schedule.putBack(node);
            else if (node) running.push(node.id);
            if (node && pick % 8 !== 0) taken.add(node.id);
          } else if (running.length > 0) {
            const [id] = running.splice(pick % running.length, 1);
            const node = plan.byId.get(id ?? '');
            complete(state, id ?? '');
            if (node) schedule.settle(node, state);
          }
          expect(schedule.remaining).toBe(plan.nodes.length - state.counts.completed);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('made anew from any state offers the same as one that was kept up', () => {
    fc.assert(
      fc.property(graphs, fc.array(fc.nat(), { maxLength: 15 }), (plan, picks) => {
        const state = newState();
        const kept = new Schedule(plan, state);
        const open: string[] = [];
        for (const pick of picks) {
          for (let node = kept.next(); node; node = kept.next()) open.push(node.id);
          if (open.length === 0) break;
          const [id] = open.splice(pick % open.length, 1);
          complete(state, id ?? '');
          const node = plan.byId.get(id ?? '');
          if (node) kept.settle(node, state);
        }
        for (const id of open) {
          const node = plan.byId.get(id);
          if (node) kept.putBack(node);
        }
        const anew = new Schedule(plan, state);
        expect(anew.remaining).toBe(kept.remaining);
        expect(drained(anew)).toEqual(drained(kept));
      }),
      { numRuns: 200 },
    );
  });

  it('offers neither what runs or waits nor what comes after a node that asks a person', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id, type: 'value' }));
    const edges = [{ id: 'e', source: 'b', target: 'c' }];
    const source = { workflowId: 'w', revision: 1, version: '1.0.0', content: { nodes, edges } };
    const plan = buildExecutionPlan(source, testCatalog([]));
    const state = newState();
    const attempt = { timestamp: 1, run: 1, attempt: 1, startTime: 1 };
    foldEvent(state, 3, { type: 'node:waiting', nodeId: 'a', ...attempt, startSeq: 2, for: 'delay' });
    foldEvent(state, 4, { type: 'node:started', nodeId: 'b', ...attempt, key: 'k', instance: 'i', config: {} });
    foldEvent(state, 5, {
      type: 'node:interrupted',
      nodeId: 'b',
      ...attempt,
      endTime: 1,
      cause: 'crash',
      // oxlint-disable-next-line unicorn/no-thenable
      then: 'ask',
    });
    expect(drained(new Schedule(plan, state))).toEqual(['d']);
  });
});

function drained(schedule: Schedule): string[] {
  const ids: string[] = [];
  for (let node = schedule.next(); node; node = schedule.next()) ids.push(node.id);
  return ids;
}
