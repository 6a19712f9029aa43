import { isServerOf, parsePostmasterPid } from './postmaster-pid.js';

const TEXT = '4711\n/data/postgres\n1795605680\n5432\n/data/socket\n\n  2146493         5\nready   \n';

test('reads what PostgreSQL writes', () => {
  expect(parsePostmasterPid(TEXT)).toEqual({ pid: 4711, port: 5432, socketFolder: '/data/socket', address: '' });
});

test.each(['', 'x\n', '4711', '4711\n/data\n1\n', '-3\n/data\n1\n5432\n'])('makes nothing of %j', (text) => {
  expect(parsePostmasterPid(text)).toBeUndefined();
});

test('this process is no server of any folder', async () => {
  expect(await isServerOf(process.pid, process.cwd())).toBe(false);
});
