import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { makeScratchFolder } from '../support/scratch-folder.js';
import { ServerProcess } from '../support/server-process.js';
import { EffectService } from './effect-service.js';
import { crashWorkflows, type CrashWorkflow } from './workflows.js';

const ROUNDS = 10;
const CLIENTS = 4;
/** After the first execution of its life was accepted: how fast a machine is changes nothing of what is interrupted. */
const LONGEST_LIFE_MS = 800;
const ALL_ENDED_WITHIN_MS = 60_000;
const ENDED = ['completed', 'failed', 'cancelled'];

interface WireEvent {
  seq: number;
  type: string;
  nodeId?: string;
  data: { run?: number; attempt?: number; key?: string };
}

interface Figures {
  accepted: number;
  refused: number;
  effects: number;
  repeated: number;
  interrupted: number;
}

let folder: string;
let service: EffectService;
let server: ServerProcess | undefined;

beforeAll(async () => {
  folder = await makeScratchFolder('retrace-crash-');
  service = await EffectService.start();
});

afterAll(async () => {
  await server?.stop();
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

it('executions survive ten kills at random moments: each ends as it should, and no recorded node runs again', async () => {
  const workflows = crashWorkflows(service.url);
  const accepted = new Map<string, CrashWorkflow>();
  const figures: Figures = { accepted: 0, refused: 0, effects: 0, repeated: 0, interrupted: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    server = await ServerProcess.start({ DATA_DIR: folder });
    if (round === 0) for (const { document } of workflows) await call(server, 'POST', '/workflows', document);
    const before = accepted.size;
    let hasEnded = false;
    const load = createUntilKilled(server, workflows, accepted, figures).finally(() => (hasEnded = true));
    while (accepted.size === before && !hasEnded) await delay(5);
    await delay(Math.random() * LONGEST_LIFE_MS);
    await server.kill();
    await load;
  }
  server = await ServerProcess.start({ DATA_DIR: folder });
  await allEnded(server, [...accepted.keys()]);
  for (const [id, workflow] of accepted) await checkExecution(server, id, workflow, figures);
  figures.accepted = accepted.size;
  figures.effects = service.effects.length;
  process.stdout.write(
    `crash: ${ROUNDS} kills, ${figures.accepted} accepted executions all ended as they should, ${figures.refused} refused ` +
      `or cut off, ${figures.effects} effects, ${figures.repeated} repeated under the same key, ` +
      `${figures.interrupted} attempts cut off by a kill\n`,
  );
  expect(figures.accepted).toBeGreaterThan(ROUNDS);
  expect(figures.interrupted).toBeGreaterThan(0);
}, 240_000);

async function createUntilKilled(
  target: ServerProcess,
  workflows: CrashWorkflow[],
  accepted: Map<string, CrashWorkflow>,
  figures: Figures,
): Promise<void> {
  const client = async () => {
    for (;;) {
      const workflow = workflows[Math.floor(Math.random() * workflows.length)] as CrashWorkflow;
      const answer = await call<{ id: string }>(target, 'POST', '/executions', {
        workflowId: workflow.document.id,
      }).catch(() => null);
      if (answer === null) {
        // The connection broke: the kill has come.
        figures.refused += 1;
        return;
      }
      accepted.set(answer.id, workflow);
      await delay(5);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

async function allEnded(target: ServerProcess, ids: string[]): Promise<void> {
  const deadline = Date.now() + ALL_ENDED_WITHIN_MS;
  for (const id of ids) {
    for (;;) {
      const { status, activity } = await call<{ status: string; activity: string }>(target, 'GET', `/executions/${id}`);
      if (ENDED.includes(status)) break;
      if (Date.now() > deadline) throw new Error(`${id} is still ${status} (${activity})`);
      await delay(20);
    }
  }
}

async function checkExecution(
  target: ServerProcess,
  id: string,
  workflow: CrashWorkflow,
  figures: Figures,
): Promise<void> {
  const record = await call<{ status: string; result: unknown }>(target, 'GET', `/executions/${id}`);
  expect({ id, status: record.status, result: record.result }).toEqual({
    id,
    status: workflow.status,
    result: workflow.result,
  });
  const { events } = await call<{ events: WireEvent[] }>(target, 'GET', `/executions/${id}/events?limit=1000`);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  for (const nodeId of new Set(events.flatMap((event) => event.nodeId ?? []))) {
    const own = events.filter((event) => event.nodeId === nodeId);
    const done = own.findIndex(({ type }) => type === 'node:completed');
    // Nothing of the node follows its completion: what is recorded never runs again.
    if (done >= 0) expect({ id, nodeId, after: own.slice(done + 1) }).toEqual({ id, nodeId, after: [] });
    figures.interrupted += own.filter(({ type }) => type === 'node:interrupted').length;
    const intents = own.filter(({ type }) => type === 'node:started');
    const requests = service.effects.filter((effect) => effect.executionId === id && effect.nodeId === nodeId);
    // No effect without its intent, and every repeat of a run under the run's key.
    expect({ id, nodeId, requests: requests.length <= intents.length }).toEqual({ id, nodeId, requests: true });
    expect(new Set(requests.map(({ key }) => key))).toEqual(new Set(requests.length > 0 ? [intents[0]?.data.key] : []));
    figures.repeated += Math.max(0, requests.length - 1);
  }
}

async function call<T>(target: ServerProcess, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${target.url}/api/v2${path}`, {
    method,
    headers: body && { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { success: boolean; data: T; message: string };
  if (!answer.success) throw new Error(`${method} ${path}: ${answer.message}`);
  return answer.data;
}
