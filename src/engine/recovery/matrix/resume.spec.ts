import { playRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

const COMMANDS: MatrixCommand[] = [
  { name: 'a resume', steps: () => [{ does: 'resume' }, { does: 'resume' }] },
  { name: 'a resume from the first node', steps: ({ first }) => [{ does: 'resume from', node: first }] },
  { name: 'a resume from the node before the middle', steps: ({ before }) => [{ does: 'resume from', node: before }] },
  { name: 'a resume from the middle node', steps: ({ middle }) => [{ does: 'resume from', node: middle }] },
  { name: 'a resume from a node beside the middle', steps: ({ beside }) => [{ does: 'resume from', node: beside }] },
  { name: 'a resume from the last node', steps: ({ last }) => [{ does: 'resume from', node: last }] },
  { name: 'a resume from a node that is none', steps: () => [{ does: 'resume from', node: 'nowhere' }] },
];

describe('a resume runs what it has to and nothing else', () => {
  it.each(rowsOf(COMMANDS))('$name', playRow);
});
