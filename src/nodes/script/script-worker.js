/**
 * The thread that runs scripts, one at a time. It is plain JavaScript, so that the same file runs from the sources and
 * from the build. It knows nothing of the server: a task comes in, an answer goes out.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { fixClock } from './script-clock.js';
import { Sandbox } from './script-sandbox.js';

/** How far scripts stand behind the server's own thread and its database (nice). */
const LOWER_PRIORITY = 5;

/** Holds the number of the task that is to end. */
const stop = new Int32Array(workerData.stop);

fixClock();
let sandbox = await Sandbox.create(workerData.quickJs, workerData.memoryMiB);
// The first run compiles what the others use; no script shall pay for it.
sandbox.run({ code: 'return inputs', data: '{"inputs":{}}', startTime: 0, seed: 0, limitMs: 1000 }, () => false);
// On Linux a nice value is a thread's own (setpriority(2)); elsewhere it would be the whole server's.
if (process.platform === 'linux') setPriority(0, LOWER_PRIORITY);

/** What it throws ends the thread, and the pool hears of it. */
async function take({ no, task }) {
  if (!sandbox.isClean || sandbox.memoryMiB !== task.memoryMiB)
    sandbox = await Sandbox.create(workerData.quickJs, task.memoryMiB);
  const answer = sandbox.run(task, () => Atomics.load(stop, 0) === no);
  parentPort.postMessage({ no, answer });
}

parentPort.on('message', (message) => void take(message));
parentPort.postMessage({ isReady: true });
