import { EngineError } from '../errors.js';
import { changeStatus, EXECUTION_STATUSES, isEnded, mayChange, type TransitionCause } from './transitions.js';

const CAUSES: TransitionCause[] = ['drive', 'command', 'rollback'];

/** Every change of status that is allowed, with who may cause it. */
const ALLOWED = [
  'pending → running: drive command',
  'pending → cancelled: command',
  'running → paused: drive command',
  'running → completed: drive command',
  'running → failed: drive command rollback',
  'running → cancelled: command rollback',
  'paused → running: command',
  'paused → completed: command',
  'paused → failed: command rollback',
  'paused → cancelled: command rollback',
  'completed → paused: rollback',
  'completed → cancelled: rollback',
  'failed → running: command',
  'failed → paused: rollback',
  'failed → cancelled: rollback',
  'cancelled → paused: rollback',
];

describe('the transitions of an execution', () => {
  it('are these and no others', () => {
    const found = EXECUTION_STATUSES.flatMap((from) =>
      EXECUTION_STATUSES.flatMap((to) => {
        const causes = CAUSES.filter((cause) => mayChange(from, to, cause));
        return causes.length > 0 ? [`${from} → ${to}: ${causes.join(' ')}`] : [];
      }),
    );
    expect(found.sort()).toEqual([...ALLOWED].sort());
  });

  it('are all decided by changeStatus, which names both states when it refuses', () => {
    for (const from of EXECUTION_STATUSES) {
      for (const to of EXECUTION_STATUSES) {
        for (const cause of CAUSES) {
          if (mayChange(from, to, cause)) {
            expect(changeStatus(from, to, cause)).toBe(to);
            continue;
          }
          const change = () => changeStatus(from, to, cause);
          expect(change).toThrow(EngineError);
          expect(change).toThrow(
            expect.objectContaining({ code: 'INVALID_TRANSITION', details: { from, to } }) as Error,
          );
        }
      }
    }
  });

  it('end in three statuses that only a command can leave', () => {
    expect(EXECUTION_STATUSES.filter(isEnded).sort()).toEqual(['cancelled', 'completed', 'failed']);
    for (const ended of EXECUTION_STATUSES.filter(isEnded)) {
      for (const to of EXECUTION_STATUSES) expect(mayChange(ended, to, 'drive')).toBe(false);
    }
  });
});
