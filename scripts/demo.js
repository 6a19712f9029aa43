/**
 * npm run demo [-- recovery [--keep]]: plays a story on a running server (RETRACE_URL, else the one on PORT of this machine),
 * or on one of its own, with a small local service as the outside world. Ends with 0 when all went as it should, else with 1.
 */
import { parseArgs } from 'node:util';
import { playOrder } from './demo-order.js';
import { playRecovery } from './demo-recovery.js';
import { playOnServer } from './demo-server.js';

const USAGE = `npm run demo                        an order with a branch, a join, a delay and a retry
npm run demo -- recovery            it fails, is undone, corrected and goes on
npm run demo -- recovery --keep     … and stays on the server, to be looked at
RETRACE_URL=http://host:port names the server; without one that runs the demo starts its own.`;

/** The story that the arguments name; undefined for what is none. */
function chosenStory() {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { keep: { type: 'boolean' } } });
    if (positionals.length === 0 && !values.keep) return playOrder;
    if (positionals.join(' ') === 'recovery') return (server) => playRecovery(server, values.keep === true);
  } catch {
    // An option that is not known.
  }
  return undefined;
}

const story = chosenStory();
if (story) {
  await playOnServer(story);
} else {
  console.error(USAGE);
  process.exitCode = 1;
}
