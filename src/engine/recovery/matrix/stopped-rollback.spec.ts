import { type MatrixStep, playRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

/** To the start, where everything is undone; the service keeps what one node did. */
const stop = (node: string): MatrixStep[] => [
  { does: 'keep', node },
  { does: 'rollback', to: null, force: true },
];

const COMMANDS: MatrixCommand[] = [
  {
    name: 'a rollback that stops at the first node, and the same one again',
    steps: ({ first, middle }) => [
      ...stop(first),
      { does: 'resume' },
      { does: 'resume from', node: first },
      { does: 'rollback', to: middle, force: true },
      { does: 'settle', node: middle, as: 'skipped' },
      { does: 'rollback', to: null },
      { does: 'let go', node: first },
      { does: 'rollback', to: null },
      { does: 'resume' },
    ],
  },
  {
    name: 'a rollback that stops at a node beside the middle, which a person undoes by hand',
    steps: ({ beside }) => [
      ...stop(beside),
      { does: 'settle', node: beside, as: 'pending' },
      { does: 'settle', node: beside, as: 'completed' },
      { does: 'rollback', to: null },
      { does: 'resume' },
    ],
  },
  {
    name: 'a rollback that stops at the middle node and is given up, then everything is undone',
    steps: ({ middle }) => [
      ...stop(middle),
      { does: 'cancel', rollback: true },
      { does: 'cancel', rollback: false },
      { does: 'let go', node: middle },
      { does: 'resume' },
      { does: 'rollback', to: null, force: true },
      { does: 'resume' },
    ],
  },
];

describe('a rollback whose handler fails for good stops there, and goes on from there', () => {
  it.each(rowsOf(COMMANDS))('$name', playRow);
});
