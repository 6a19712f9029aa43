/**
 * The demo of recovery: a trip is booked for a day that does not exist, which only the last booking finds out. What would be
 * undone is shown, undone for real, the day is corrected, and the execution goes on.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { print } from './demo-server.js';
import { describeCall, startDemoService } from './demo-service.js';

const EXAMPLE = new URL('../examples/trip-booking.json', import.meta.url);
const LOOK_EVERY_MS = 50;
const LONGEST_RUN_MS = 60_000;
const WRONG_DATE = '2027-02-29';
const RIGHT_DATE = '2027-03-01';

/** Plays it; gives whether all went as it should. Without `keep` nothing of it stays on the server. */
export async function playRecovery({ api, cleanUp, signal, isOwn }, keep) {
  const agency = await startDemoService({ heard: (call) => print(`     outside: ${describeCall(call)}`) });
  const made = {};
  try {
    const { id: _example, ...document } = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    const { workflow } = await api('POST', '/workflows', document);
    made.workflow = workflow.id;
    const execution = await api('POST', '/executions', {
      workflowId: workflow.id,
      trigger: { type: 'manual', data: { traveller: 'ada' } },
      context: { variables: { agency: agency.url, date: WRONG_DATE } },
    });
    made.execution = execution.id;
    print(`Execution ${execution.id}\n`);
    return await tellStory({ api, signal, id: execution.id, calls: agency.calls });
  } finally {
    agency.close();
    if (keep && !isOwn) print(`\nIt stays to be looked at: GET /api/v2/executions/${made.execution}/events`);
    if (!keep && !isOwn) await remove(cleanUp, made);
  }
}

async function tellStory({ api, signal, id, calls }) {
  const path = `/executions/${id}`;
  const end = () => whenEnded(api, path, signal);

  print(`1. A trip is booked for ${WRONG_DATE}`);
  const failed = await end();
  print(`   ${failed.status}: ${(await api('GET', `${path}/explain`)).summary}\n`);
  const booked = calls.filter(({ status }) => status === 200);

  print('2. What would be undone? Nothing is changed yet');
  const target = { targetNodeId: 'trip' };
  const { plan } = await api('POST', `${path}/rollback`, { ...target, dryRun: true });
  for (const { order, nodeName, description } of plan.steps) print(`   ${order}. ${nodeName}: ${description}`);
  print(`   Plan ${plan.hash}\n`);

  print('3. It is undone for real, newest first: that plan and no other');
  calls.length = 0;
  const rollback = await api('POST', `${path}/rollback`, { ...target, planHash: plan.hash, reason: 'No such day' });
  const undone = [...calls];
  print(`   ${rollback.message}\n`);

  print(`4. The date is corrected to ${RIGHT_DATE}, and it goes on`);
  calls.length = 0;
  const correction = { variables: { date: RIGHT_DATE }, reason: 'The day after' };
  const { willRun } = await api('POST', `${path}/resume`, { ...correction, dryRun: true });
  print(`   Will run: ${willRun.join(', ')}`);
  await api('POST', `${path}/resume`, correction);
  const record = await end();
  print(`   ${record.status}: ${JSON.stringify(record.result)}\n`);

  print('5. What is recorded');
  for (const { type, at, reason } of record.history) print(`   ${new Date(at).toISOString()} ${type}: ${reason}`);
  return verdict({ failed, booked, rollback, undone, record, again: calls });
}

/** Compares what the outside world has received with what should have happened, and says what is wrong. */
function verdict({ failed, booked, rollback, undone, record, again }) {
  const cancellations = booked.map(({ path, body }) => `DELETE ${path}/${body.id}`).reverse();
  const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const expected = {
    'it fails at the tickets': failed.error?.failedNodeId === 'tickets' && booked.length === 3,
    'what was booked is cancelled in reverse order': isSame(
      undone.map(({ method, path }) => `${method} ${path}`),
      cancellations,
    ),
    'it completes after the correction': record.status === 'completed' && record.result?.date === RIGHT_DATE,
    'what was undone runs again, and nothing else': isSame(
      record.nodes.filter(({ run }) => run > 1).map(({ nodeId }) => nodeId),
      rollback.affectedNodes,
    ),
    'each booking is made once': again.length === 5 && again.every(({ status }) => status === 200),
  };
  const wrong = Object.keys(expected).filter((name) => !expected[name]);
  for (const name of wrong) print(`\nWrong: not so that ${name}`);
  if (wrong.length === 0) print('\nAll that was booked for the wrong day is cancelled, and nothing was booked twice.');
  return wrong.length === 0;
}

async function whenEnded(api, path, signal) {
  const deadline = Date.now() + LONGEST_RUN_MS;
  for (;;) {
    const record = await api('GET', path);
    if (record.endTime !== null) return record;
    if (Date.now() > deadline) throw new Error('The execution takes longer than a minute');
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function remove(cleanUp, { workflow, execution }) {
  if (execution !== undefined) {
    const removal = () => cleanUp('DELETE', `/executions/${execution}`);
    // Refused while it has not ended.
    await removal().catch(async () => {
      await cleanUp('POST', `/executions/${execution}/cancel`);
      await removal();
    });
  }
  if (workflow !== undefined) await cleanUp('DELETE', `/workflows/${workflow}`);
}
