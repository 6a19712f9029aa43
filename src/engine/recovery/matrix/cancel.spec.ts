import { playRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

const COMMANDS: MatrixCommand[] = [
  {
    name: 'a cancellation with rollback',
    steps: ({ first }) => [
      { does: 'cancel', rollback: true },
      { does: 'cancel', rollback: true },
      { does: 'resume' },
      { does: 'settle', node: first, as: 'completed' },
    ],
  },
  {
    name: 'a cancellation with rollback that stops at the first node, and again',
    steps: ({ first }) => [
      { does: 'keep', node: first },
      { does: 'cancel', rollback: true },
      { does: 'resume' },
      { does: 'cancel', rollback: true },
      { does: 'let go', node: first },
      { does: 'cancel', rollback: true },
      { does: 'cancel', rollback: true },
    ],
  },
  {
    name: 'a cancellation with rollback after one to the node before the middle',
    steps: ({ before: to }) => [
      { does: 'rollback', to, force: true },
      { does: 'cancel', rollback: true },
      { does: 'rollback', to, force: true },
    ],
  },
  {
    name: 'a cancellation, then a rollback to the start, and a resume',
    steps: () => [
      { does: 'cancel', rollback: false },
      { does: 'rollback', to: null },
      { does: 'rollback', to: null, force: true },
      { does: 'resume' },
    ],
  },
];

describe('a cancellation with rollback undoes everything, as with force, and nothing goes on after it', () => {
  it.each(rowsOf(COMMANDS))('$name', playRow);
});
