/** `npm start`: builds what is missing or older than its sources, then becomes the server. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const BUILT = ['dist/main.js', 'src/repositories/generated/client.ts'];
const SOURCES = ['src', 'prisma', 'package-lock.json', 'nest-cli.json', '.swcrc'];

/** Folders count too: they change when a file is deleted. */
function newest(path) {
  const own = statSync(path);
  if (!own.isDirectory()) return own.mtimeMs;
  return Math.max(own.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isBuilt() {
  if (!BUILT.every((path) => existsSync(path))) return false;
  const built = statSync('dist/main.js').mtimeMs;
  return SOURCES.filter((path) => existsSync(path)).every((path) => newest(path) <= built);
}

if (!isBuilt()) {
  const { status } = spawnSync('npm', ['run', '-s', 'build'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

// A shell between npm and us dies of the signal that npm passes on, and passes nothing on: its death counts as the signal.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}

// In this process, so that signals reach the server itself.
await import('../dist/main.js');
