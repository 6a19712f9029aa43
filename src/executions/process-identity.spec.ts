import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { evidenceOf, ownProcess } from './process-identity.js';

test('this process is known by its start, and runs', async () => {
  const own = await ownProcess();
  expect(own).toMatchObject({ pid: process.pid, pidStart: expect.stringMatching(/^\d+$/) as string });
  expect(await evidenceOf(own, own)).toBe('none');
});

test('a process of this host that has ended is gone, also when its pid is used again or nobody has asked for its end', async () => {
  const own = await ownProcess();
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 100000)']);
  const pid = child.pid as number;
  expect(await evidenceOf({ ...own, pid, pidStart: '1' }, own)).toBe('gone');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await evidenceOf({ ...own, pid }, own)).toBe('gone');
});

test('another host, or a system that does not tell, proves nothing', async () => {
  const own = await ownProcess();
  expect(await evidenceOf({ ...own, host: 'elsewhere', pidStart: '1' }, own)).toBe('none');
  expect(await evidenceOf({ ...own, bootId: '' }, own)).toBe('none');
  expect(await evidenceOf({ ...own, pidStart: '' }, own)).toBe('none');
});

test('the same host under another boot or in another container is of an earlier time, unless it gives signs of life', async () => {
  const own = await ownProcess();
  expect(await evidenceOf({ ...own, bootId: 'another' }, own)).toBe('earlier');
});
