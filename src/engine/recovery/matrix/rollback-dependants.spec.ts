import { playRow, type MatrixStep } from '../../testing/recovery/matrix-row.js';
import { type MatrixCommand, rowsOf } from '../../testing/recovery/matrix-rows.js';

const back = (to: string, force = true): MatrixStep => ({ does: 'rollback', to, scope: 'dependants', force });

const COMMANDS: MatrixCommand[] = [
  {
    name: 'a rollback of what depends on the first node, and a resume',
    steps: ({ first }) => [back(first, false), back(first), { does: 'resume' }],
  },
  {
    name: 'a rollback of what depends on the node before the middle, and a resume',
    steps: ({ before }) => [back(before, false), back(before), back(before), { does: 'resume' }],
  },
  {
    name: 'a rollback of what depends on the middle node, and a resume',
    steps: ({ middle }) => [back(middle), { does: 'resume' }],
  },
  {
    name: 'a rollback of what depends on a node beside the middle, and a resume',
    steps: ({ beside }) => [back(beside), { does: 'resume' }],
  },
  {
    name: 'a rollback of what depends on a node beside the middle, then of all, and a resume',
    steps: ({ beside }) => [back(beside), { does: 'rollback', to: null, force: true }, { does: 'resume' }],
  },
];

describe('a rollback of dependants undoes what depends on its target, and everything else stands', () => {
  it.each(rowsOf(COMMANDS))('$name', playRow);
});
