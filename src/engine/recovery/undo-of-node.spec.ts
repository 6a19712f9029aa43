import type { PlanNode } from '../definition/execution-plan.js';
import type { JsonObject } from '../json.js';
import type { NodeType } from '../ports.js';
import type { NodeState } from '../state/execution-state.js';
import { undoOfNode } from './undo-of-node.js';

const undo = async () => undefined;

function node(type: Partial<NodeType>, rollback?: JsonObject): PlanNode {
  return { name: 'Pay', effect: type.effect, type: { name: 'Payment', ...type }, rollback } as PlanNode;
}

function state(given: Partial<NodeState> = {}): NodeState {
  return { status: 'completed', run: 1, attempt: 1, failures: 0, ...given };
}

const external: Partial<NodeType> = { effect: 'external' };
const http: Partial<NodeType> = {
  ...external,
  rollback: undo,
  rollbackSchema: {},
  changesNothing: ({ method }) => method === 'GET',
  describeRollback: ({ method, url }) => `${method as string} ${url as string}`,
};
const parameters = { method: 'DELETE', url: 'https://pay/{{ outputs.id }}' };

const cases: [string, PlanNode, NodeState | undefined, string, string][] = [
  ['one that has not run', node(http, parameters), undefined, 'nothing-to-do', 'not run'],
  ['one that is pending', node(http, parameters), state({ status: 'pending' }), 'nothing-to-do', 'not run'],
  ['one that was skipped', node(http, parameters), state({ status: 'skipped' }), 'nothing-to-do', 'skipped'],
  ['one that is rolled back', node(http), state({ status: 'pending', rolledBackAt: 1 }), 'nothing-to-do', 'already'],
  ['a pure one', node({ effect: 'pure' }), state(), 'nothing-to-do', 'nothing outside'],
  ['an idempotent one', node({ effect: 'idempotent' }), state(), 'nothing-to-do', 'nothing'],
  ['one with a handler', node(http, parameters), state(), 'compensate', 'DELETE https://pay/{{ outputs.id }}'],
  ['one whose handler needs no parameters', node({ ...external, rollback: undo }), state(), 'compensate', 'Payment'],
  [
    'one that describes its undoing without parameters',
    node({ ...external, rollback: undo, describeRollback: () => 'Deletes the file' }),
    state(),
    'compensate',
    'Deletes the file',
  ],
  [
    'an idempotent one with a handler',
    node({ effect: 'idempotent', rollback: undo }),
    state(),
    'compensate',
    'Payment',
  ],
  ['one that only read', node(http), state({ config: { method: 'GET' } }), 'nothing-to-do', 'only read'],
  [
    'one that committed nothing',
    node(external),
    state({ outputs: { committed: false } }),
    'nothing-to-do',
    'only read',
  ],
  ['one without parameters for its handler', node(http), state({ config: { method: 'POST' } }), 'cannot', 'stays'],
  ['one whose config is not known', node(http), state(), 'cannot', 'stays'],
  ['one whose config was too large', node(http), state({ config: { truncated: true, bytes: 1 } }), 'cannot', 'stays'],
  ['one without a handler', node(external), state(), 'cannot', 'stays'],
  [
    'an idempotent one that committed',
    node({ effect: 'idempotent' }),
    state({ outputs: { committed: true } }),
    'cannot',
    'stays',
  ],
  ['one that failed for a known reason', node(external), state({ status: 'failed' }), 'nothing-to-do', 'failed'],
  [
    'one with an unknown outcome',
    node(external),
    state({ status: 'failed', outcome: 'unknown' }),
    'unknown',
    'Nobody knows',
  ],
  [
    'one that will be tried again after an unknown outcome',
    node(http, parameters),
    state({ status: 'pending', outcome: 'unknown' }),
    'unknown',
    'under force: DELETE https://pay',
  ],
  ['one between attempts', node(external), state({ status: 'running', retryAt: 5 }), 'nothing-to-do', 'so far'],
  ['one that runs again in doubt', node(external), state({ status: 'pending', isInDoubt: true }), 'unknown', 'Nobody'],
  ['one whose outputs were reused', node(http), state({ cached: true }), 'nothing-to-do', 'did not act'],
  ['one that acted and whose type is gone', node({ effect: 'pure' }), state({ key: 'rt_1' }), 'cannot', 'stays'],
  ['one that is acting', node(external), state({ status: 'running' }), 'unknown', 'may be acting'],
];

describe('what the undoing of a node would do', () => {
  test.each(cases)('is told of %s', (_, planNode, nodeState, action, description) => {
    const told = undoOfNode(planNode, nodeState);
    expect(told).toMatchObject({ action, description: expect.stringContaining(description) as string });
    expect(told.warnings).toHaveLength(action === 'cannot' || action === 'unknown' ? 1 : 0);
  });

  test('names the node in its warnings', () => {
    expect(undoOfNode(node(external), state()).warnings[0]).toContain('"Pay"');
  });
});
