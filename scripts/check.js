/**
 * `npm run check`: all checks beside each other, as the longest takes one core for as long as the others need together.
 * What each has to say is shown whole; one that fails makes the whole fail. The name of another script as argument runs
 * that beside them, shown as it goes: tests wait often enough to leave room for the checks.
 */
import { spawn } from 'node:child_process';

const CHECKS = ['typecheck', 'lint', 'layers', 'deadcode'];

function start(script, stdio) {
  return spawn('npm', ['run', '-s', script], { stdio, shell: process.platform === 'win32' });
}

function statusOf(child) {
  return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

async function check(script) {
  const child = start(script, ['ignore', 'pipe', 'pipe']);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const status = await statusOf(child);
  process.stdout.write(Buffer.concat(output));
  return { script, status };
}

const beside = process.argv
  .slice(2)
  .map(async (script) => ({ script, status: await statusOf(start(script, ['ignore', 'inherit', 'inherit'])) }));
for (const { script, status } of await Promise.all([...CHECKS.map(check), ...beside])) {
  if (status === 0) continue;
  process.stderr.write(`\nnpm run ${script} failed.\n`);
  process.exitCode = 1;
}
