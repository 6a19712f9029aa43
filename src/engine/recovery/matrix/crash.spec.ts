import { crashRow } from '../../testing/recovery/crash-row.js';
import type { MatrixRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

/** Not each event of a row gets a crash, but each kind of moment gets one in some row. */
const everyOf = ({ graph }: MatrixRow) => (graph.nodes.length > 50 ? 97 : 2);

const COMMANDS: MatrixCommand[] = [
  { name: 'a crash in a resume', steps: () => [{ does: 'resume' }] },
  {
    name: 'a crash in a resume from the node before the middle',
    steps: ({ before }) => [{ does: 'resume from', node: before }],
  },
  {
    name: 'a crash in a rollback to the first node and the resume after it',
    steps: ({ first: to }) => [{ does: 'rollback', to, force: true }, { does: 'resume' }],
  },
  {
    name: 'a crash in a rollback of what depends on a node beside the middle, and the resume after it',
    steps: ({ beside: to }) => [{ does: 'rollback', to, scope: 'dependants', force: true }, { does: 'resume' }],
  },
  {
    name: 'a crash in a rollback that stops, the same one again, and the resume after it',
    steps: ({ first: node }) => [
      { does: 'keep', node },
      { does: 'rollback', to: null, force: true },
      { does: 'let go', node },
      { does: 'rollback', to: null, force: true },
      { does: 'resume' },
    ],
  },
  { name: 'a crash in a cancellation with rollback', steps: () => [{ does: 'cancel', rollback: true }] },
  {
    name: 'a crash after its node is settled, and in the resume',
    steps: (graph, { at }) => [{ does: 'settle', node: graph[at], as: 'completed' }, { does: 'resume' }],
  },
];

const ROWS = rowsOf(COMMANDS).map((row, from) => ({ ...row, from }));

describe('a crash at any moment of a command changes nothing in what it comes to', () => {
  it.each(ROWS)('$name', (row) => crashRow(row, { from: row.from, every: everyOf(row) }));
});
