import { expectedSeq } from './expected-seq.js';
import { statusCommand } from './status-command.js';

describe('statusCommand', () => {
  it.each([
    [{ status: 'paused' }, { kind: 'pause', mode: 'wait' }],
    [
      { status: 'paused', mode: 'abort' },
      { kind: 'pause', mode: 'abort' },
    ],
    [{ status: 'running' }, { kind: 'resume' }],
    [{ status: 'pending' }, { kind: 'remain-pending' }],
    [{ status: 'cancelled' }, { kind: 'end', then: 'cancelled' }],
    [{ status: 'completed' }, { kind: 'end', then: 'completed' }],
    [{ status: 'failed' }, { kind: 'end', then: 'failed' }],
    [
      { status: 'failed', error: 'bad' },
      { kind: 'end', then: 'failed', error: { message: 'bad', code: 'FAILED_BY_HAND' } },
    ],
    [
      { status: 'failed', error: { message: 'bad', code: 'MINE' } },
      { kind: 'end', then: 'failed', error: { message: 'bad', code: 'MINE' } },
    ],
  ] as const)('of %j is %j, with who asked and why', (body, command) => {
    expect(statusCommand({ ...body, reason: 'why' }, 'ann')).toEqual({ ...command, actor: 'ann', reason: 'why' });
  });

  it.each([
    [{ status: 'paused', error: 'x' }, 'error'],
    [{ status: 'running', mode: 'wait' }, 'mode'],
  ] as const)('refuses %j, naming the field', (body, field) => {
    expect(() => statusCommand(body)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMS', details: [expect.objectContaining({ field })] }),
    );
  });
});

describe('expectedSeq', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    ['7', 7],
    ['"7"', 7],
    [' W/"7" ', 7],
  ])('reads %j as %j', (header, seq) => {
    expect(expectedSeq(header)).toBe(seq);
  });

  it.each(['', 'x', '-1', '1.5', '"1', '1, 2'])('refuses %j', (header) => {
    expect(() => expectedSeq(header)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMS' }));
  });
});
