import type { CreateExecutionDto } from './dto/create-execution.dto.js';
import { createExecution } from './create-execution.js';

const hashOf = (body: object) =>
  createExecution({ workflowId: 'wf', priority: 0, ...body } as CreateExecutionDto, 'key', undefined).bodyHash;

describe('createExecution', () => {
  it('fills in what the body leaves out', () => {
    const body = { workflowId: 'wf', priority: 0 };
    expect(createExecution(body, undefined, 'ann')).toEqual({
      workflowId: 'wf',
      trigger: { type: 'api' },
      context: {},
      labels: {},
      priority: 0,
      actor: 'ann',
    });
  });

  it('takes over everything that the body says', () => {
    const body = {
      workflowId: 'wf',
      revision: 2,
      trigger: { type: 'manual' as const, userId: 'u', userName: 'U', data: null },
      context: { environment: 'test', variables: { a: 1 }, metadata: { b: 2 } },
      labels: { team: 'x' },
      priority: 5,
      runAt: 7,
    };
    expect(createExecution(body, undefined, undefined)).toEqual(body);
  });

  it('hashes the body only when a key comes with it', () => {
    const body = { workflowId: 'wf', priority: 0 };
    expect(createExecution(body, undefined, undefined)).not.toHaveProperty('bodyHash');
    expect(createExecution(body, 'key', undefined)).toMatchObject({
      idempotencyKey: 'key',
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
  });

  it('gives one hash to bodies that say the same, and another to any other', () => {
    const data = { b: [1, { d: 1, c: 'x' }], a: null };
    const same = { a: null, b: [1, { c: 'x', d: 1 }] };
    expect(hashOf({ trigger: { type: 'api', data } })).toBe(hashOf({ trigger: { data: same, type: 'api' } }));
    const others = [
      {},
      { trigger: { type: 'manual', data } },
      { trigger: { type: 'api', data: { ...data, a: 0 } } },
      { trigger: { type: 'api', data: { ...data, b: [{ d: 1, c: 'x' }, 1] } } },
      { trigger: { type: 'api', data: { ...data, '"a': null } } },
      { priority: 1 },
    ];
    const hashes = [hashOf({ trigger: { type: 'api', data } }), ...others.map(hashOf)];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it.each(['', 'k'.repeat(256)])('refuses a key of %# that is empty or too long', (key) => {
    expect(() => createExecution({ workflowId: 'wf', priority: 0 }, key, undefined)).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMS',
        details: [expect.objectContaining({ field: 'Idempotency-Key' })],
      }),
    );
  });
});
