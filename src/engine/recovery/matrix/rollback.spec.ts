import { playRow } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

const COMMANDS: MatrixCommand[] = [
  {
    name: 'a rollback to the first node, and a resume',
    steps: ({ first: to }) => [
      { does: 'rollback', to },
      { does: 'rollback', to, force: true },
      { does: 'rollback', to },
      { does: 'resume' },
    ],
  },
  {
    name: 'a rollback to the node before the middle, and a resume',
    steps: ({ before: to }) => [{ does: 'rollback', to, force: true }, { does: 'resume' }],
  },
  {
    name: 'a rollback to a node beside the middle, and a resume',
    steps: ({ beside: to }) => [{ does: 'rollback', to }, { does: 'rollback', to, force: true }, { does: 'resume' }],
  },
  {
    name: 'a rollback to the middle node, a resume, and a rollback to the start',
    steps: ({ middle: to }) => [
      { does: 'rollback', to },
      { does: 'resume' },
      { does: 'rollback', to: null, force: true },
    ],
  },
  {
    name: 'a rollback to the start, and a resume',
    steps: () => [
      { does: 'rollback', to: null },
      { does: 'rollback', to: null, force: true },
      { does: 'rollback', to: null },
      { does: 'resume' },
    ],
  },
  {
    name: 'a rollback to the last node, then further back, and a resume',
    steps: ({ last, middle, first }) => [
      { does: 'rollback', to: last },
      { does: 'rollback', to: middle, force: true },
      { does: 'rollback', to: first, force: true },
      { does: 'resume' },
    ],
  },
  { name: 'a rollback to a node that is none', steps: () => [{ does: 'rollback', to: 'nowhere', force: true }] },
];

describe('a rollback undoes all that came after its target, and a resume runs that and nothing else', () => {
  it.each(rowsOf(COMMANDS))('$name', playRow);
});
