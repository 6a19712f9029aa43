/**
 * Clients of the feed in a process of their own: some on all executions with `batch`, some on one execution each. Says when
 * all are subscribed, and when asked how many events each of the former was sent.
 */
import { io } from 'socket.io-client';

const [url, onAll, ...executionIds] = process.argv.slice(2);
const counts = [];
const sockets = [];

async function connect(subscription, take) {
  const socket = io(`${url}/monitor`, { transports: ['websocket'], forceNew: true });
  sockets.push(socket);
  socket.on('event', () => take(1));
  socket.on('events', (events) => take(events.length));
  socket.on('snapshot', () => take(Number.NaN));
  const ack = await socket.emitWithAck('subscribe', subscription);
  if (!ack.ok) throw new Error(`A subscription was refused: ${ack.error.message}`);
}

for (let index = 0; index < Number(onAll); index += 1) {
  counts.push(0);
  await connect({ executionId: '*', batch: true }, (count) => (counts[index] += count));
}
for (const executionId of executionIds) await connect({ executionId }, () => undefined);

process.on('message', (question) => {
  if (question === 'counts') process.send(counts);
  else {
    for (const socket of sockets) socket.close();
    process.disconnect();
  }
});
process.send('ready');
