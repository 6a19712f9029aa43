import { SETTLED_STATUSES } from '../../journal/events.js';
import { playRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

const COMMANDS: MatrixCommand[] = SETTLED_STATUSES.flatMap((as): MatrixCommand[] => [
  {
    name: `its node is settled as ${as}, resumed, rolled back to the start and resumed`,
    steps: (graph, { at }) => [
      { does: 'settle', node: graph[at], as },
      { does: 'resume' },
      { does: 'rollback', to: null, force: true },
      { does: 'resume' },
    ],
  },
  {
    name: `its node is settled as ${as} and rolled back at once`,
    steps: (graph, { at }) => [
      { does: 'settle', node: graph[at], as },
      { does: 'rollback', to: null },
      { does: 'rollback', to: null, force: true },
      { does: 'resume' },
    ],
  },
  {
    name: `a node on which all depends is settled as ${as}`,
    steps: ({ first }) => [{ does: 'settle', node: first, as }],
  },
]);

describe('a node that is settled stands as it was said, and everything goes on by that', () => {
  it.each(rowsOf(COMMANDS))('$name', playRow);
});
