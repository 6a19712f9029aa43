import { createLog, NestLog } from './logger.js';
import { runInContext } from './request-context.js';

function logTo(lines: Record<string, unknown>[]) {
  return createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
}

test('each line bears the ids of the request and the execution that it belongs to', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = logTo(lines);

  await runInContext({ requestId: 'r1' }, async () => {
    await Promise.resolve();
    runInContext({ executionId: 'e1' }, () => log.info('inside'));
    log.info('around');
  });
  log.info('outside');

  expect(lines.map(({ msg, requestId, executionId }) => [msg, requestId, executionId])).toEqual([
    ['inside', 'r1', 'e1'],
    ['around', 'r1', undefined],
    ['outside', undefined, undefined],
  ]);
});

test('nothing secret is written, however deep it is handed in', () => {
  const lines: Record<string, unknown>[] = [];
  const log = logTo(lines);

  log.warn(
    {
      apiToken: 'geheim',
      config: { password: 'geheim' },
      req: { headers: { authorization: 'geheim', cookie: 'geheim' } },
    },
    'x',
  );

  expect(JSON.stringify(lines)).not.toContain('geheim');
});

test('errors of Nest keep their stack', () => {
  const lines: Record<string, unknown>[] = [];
  new NestLog(logTo(lines)).error('broken', 'Error: broken\n  at x', 'Router');

  expect(lines).toMatchObject([{ level: 50, msg: 'broken', stack: 'Error: broken\n  at x', context: 'Router' }]);
});
