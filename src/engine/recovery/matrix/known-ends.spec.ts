import type { FailurePoint } from '../../testing/recovery/failure-points.js';
import { FAILURE_POINTS } from '../../testing/recovery/failure-points.js';
import { GRAPHS, type MatrixGraph } from '../../testing/recovery/graphs.js';
import { type MatrixStep, PlayedRow } from '../../testing/recovery/matrix-row.js';

/** A row whose end is written down by hand: ids apart by spaces, of what is asked of the service in the last step. */
interface KnownRow {
  graph: string;
  point: string;
  steps: MatrixStep[];
  undone?: string;
  asked?: string;
  status: string;
  pending?: string;
}

const ALL: MatrixStep = { does: 'rollback', to: null, force: true };

const KNOWN: KnownRow[] = [
  {
    graph: 'chain',
    point: 'nothing fails',
    steps: [{ does: 'rollback', to: 'b' }],
    undone: 'e d c',
    status: 'paused',
    pending: 'c d e',
  },
  {
    graph: 'chain',
    point: 'nothing fails',
    steps: [{ does: 'rollback', to: 'b' }, { does: 'resume' }],
    asked: 'c d e',
    status: 'completed',
  },
  {
    graph: 'chain',
    point: 'the middle node fails',
    steps: [{ does: 'resume' }],
    asked: 'c d e',
    status: 'completed',
  },
  {
    graph: 'chain',
    point: 'the middle node fails, and an error edge leads on',
    steps: [ALL],
    undone: 'rescue b a',
    status: 'paused',
    pending: 'a b c d e rescue',
  },
  {
    graph: 'diamond',
    point: 'nothing fails',
    steps: [{ does: 'rollback', to: 'left', scope: 'dependants' }],
    undone: 'end join',
    status: 'paused',
    pending: 'join end',
  },
  {
    graph: 'diamond',
    point: 'nothing fails',
    steps: [{ does: 'rollback', to: 'left' }],
    undone: 'end join right',
    status: 'paused',
    pending: 'right join end',
  },
  {
    graph: 'diamond',
    point: 'the middle node waits',
    steps: [{ does: 'cancel', rollback: true }],
    undone: 'right top',
    status: 'cancelled',
    pending: 'top left right join end',
  },
  {
    graph: 'diamond',
    point: 'the process dies in the middle node, which has acted',
    steps: [{ does: 'settle', node: 'left', as: 'completed' }, { does: 'resume' }],
    asked: 'join end',
    status: 'completed',
  },
  {
    graph: 'diamond',
    point: 'the process dies in the middle node, which has acted',
    steps: [ALL],
    undone: 'left right top',
    status: 'paused',
    pending: 'top left right join end',
  },
  {
    graph: 'branch',
    point: 'nothing fails',
    steps: [ALL],
    undone: 'end audit merge yes start',
    status: 'paused',
    pending: 'start choose audit yes no after_no merge end',
  },
  {
    graph: 'branch',
    point: 'nothing fails',
    steps: [{ does: 'rollback', to: 'choose', scope: 'dependants' }, { does: 'resume' }],
    asked: 'yes merge end',
    status: 'completed',
  },
  {
    graph: 'branch',
    point: 'the last node fails',
    steps: [{ does: 'resume from', node: 'yes' }],
    asked: 'yes merge end',
    status: 'completed',
  },
];

const NAMED = KNOWN.map((row) => ({
  ...row,
  name: `${row.graph}: ${row.point}; ${row.steps.map((step) => Object.values(step).join(' ')).join(', ')}`,
}));

const idsOf = (text = '') => text.split(' ').filter((id) => id !== '');

describe('what a few rows of the recovery matrix come to, told in full', () => {
  it.each(NAMED)('$name', async ({ name, steps, undone, asked, status, pending, ...where }) => {
    const graph = GRAPHS.find((each) => each.name === where.graph) as MatrixGraph;
    const point = FAILURE_POINTS.find((each) => each.name === where.point) as FailurePoint;
    const row = await PlayedRow.begin({ name, graph, point, steps });
    let last = await row.step(steps[0] as MatrixStep, 0);
    for (const [index, step] of steps.slice(1).entries()) last = await row.step(step, index + 1);
    expect(last).toMatchObject({ outcome: 'done', status, handlers: idsOf(undone) });
    expect(last.requests.map(({ nodeId }) => nodeId)).toEqual(idsOf(asked));
    const open = Object.entries(last.nodes).filter(([, each]) => each === 'pending');
    expect(open.map(([id]) => id)).toEqual(idsOf(pending));
    row.check();
  });
});
