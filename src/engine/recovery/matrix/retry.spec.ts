import { RETRIED_POINTS } from '../../testing/recovery/failure-points.js';
import { crashBefore } from '../../testing/recovery/crash-row.js';
import { playRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

const COMMANDS: MatrixCommand[] = [
  { name: 'it is retried, and then resumed', steps: () => [{ does: 'resume' }] },
  {
    name: 'it is retried, rolled back to the start and resumed',
    steps: () => [{ does: 'rollback', to: null }, { does: 'rollback', to: null, force: true }, { does: 'resume' }],
  },
];

const ALIVE = RETRIED_POINTS.filter(({ then }) => then === undefined);

describe('a retry repeats the node that failed under its key, and nothing else', () => {
  it.each(rowsOf(COMMANDS, RETRIED_POINTS))('$name', playRow);
});

describe('a crash at any moment of a retry changes nothing in what it comes to', () => {
  it.each(rowsOf([{ name: 'a crash on the way', steps: () => [] }], ALIVE))('$name', crashBefore);
});
