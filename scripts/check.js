/**
 * `npm run check`: all checks beside each other, as the longest takes one core for as long as the others need together.
 * What each has to say is shown whole, one after the other; one that fails makes the whole fail.
 */
import { spawn } from 'node:child_process';

const CHECKS = ['typecheck', 'lint', 'layers', 'deadcode'];

async function run(check) {
  const child = spawn('npm', ['run', '-s', check], {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { check, status, output: Buffer.concat(output) };
}

const running = CHECKS.map(run);
for (const ended of running) {
  const { check, status, output } = await ended;
  process.stdout.write(output);
  if (status === 0) continue;
  process.stderr.write(`\nnpm run ${check} failed.\n`);
  process.exitCode = 1;
}
