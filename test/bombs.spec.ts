import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** What is promised beyond a bomb's own limit, and slack for a machine that runs other tests at the same time. */
const LATE_MS = 2000;
const SLACK_MS = 4000;
/** An answer within a second is promised; as much again for that machine. */
const READY_MS = 1000 + 1000;
/** Most of these scripts use up all of their time, on all cores. */
const SCRIPT_LIMIT_MS = 300;
/** Enough for the memory of twenty scripts to be used up. */
const MEMORY_LIMIT_MS = 1000;
/** An expression has 200 ms of its own work; one that shares the thread may take twice as long. */
const EXPRESSION_LIMIT_MS = 400;

let server: TestServer;
let polls: ReadinessPolls;
let heldBefore: number;

beforeAll(async () => {
  server = await startTestServer();
  heldBefore = process.memoryUsage().rss;
});
afterAll(() => server.close());

beforeEach(() => {
  polls = new ReadinessPolls(`${server.url}/health/ready`);
});
/** Whatever goes off: the server says that it is ready, and says it in time. */
afterEach(async () => {
  await polls.end();
  expect(polls.statuses).toEqual(new Set([200]));
  expect(polls.slowestMs).toBeLessThan(READY_MS);
});

/** Asks without a break whether the server is ready. */
class ReadinessPolls {
  readonly statuses = new Set<number>();
  slowestMs = 0;
  private hasEnded = false;
  private readonly polling: Promise<void>;

  constructor(private readonly url: string) {
    this.polling = this.poll();
  }

  async end(): Promise<void> {
    this.hasEnded = true;
    await this.polling;
  }

  private async poll(): Promise<void> {
    do {
      const asked = performance.now();
      this.statuses.add((await fetch(this.url)).status);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - asked);
      await delay(50);
    } while (!this.hasEnded);
  }
}

/** Runs a workflow of one node to its end. */
async function run(workflowId: string): Promise<{ record: ExecutionRecord; ms: number }> {
  const posted = performance.now();
  const { status, body } = await server.call<ExecutionRecord>('POST', '/executions?wait=30000', { workflowId });
  expect([status, body.error]).toEqual([201, undefined]);
  return { record: body.data, ms: performance.now() - posted };
}

let workflows = 0;
async function workflow(type: string, config: object, settings: object = {}): Promise<string> {
  workflows += 1;
  const id = `wf_bomb_${workflows}`;
  const document = { id, name: id, nodes: [{ id: 'bomb', type, config }], edges: [], settings };
  const { status, body } = await server.call('POST', '/workflows', document);
  expect([status, body.error]).toEqual([201, undefined]);
  return id;
}

const SCRIPTS: [what: string, code: string, limitMs: number, errors: string[]][] = [
  ['endless script', 'for (;;);', SCRIPT_LIMIT_MS, ['TIMEOUT']],
  ['endless pattern', 'return /^(a+)+$/.test("a".repeat(60) + "b")', SCRIPT_LIMIT_MS, ['TIMEOUT']],
  ['endless built-in function', 'return Array(2 ** 32 - 1).join("")', SCRIPT_LIMIT_MS, ['TIMEOUT']],
  // On a busy machine it may not get as far as its memory's end.
  ['memory bomb', 'const all = []; for (;;) all.push({ all })', MEMORY_LIMIT_MS, ['SCRIPT_MEMORY', 'TIMEOUT']],
];

const EXPRESSIONS: [what: string, expression: string][] = [
  ['long list', '[1..1e7]'],
  ['long list of lists', '$map([1..90000], function($i) { $map([1..90000], function($j) { $i * $j }) })'],
  ['deep recursion', '($f := function($n) { $f($n + 1) + 1 }; $f(1))'],
  ['endless tail recursion', '($f := function($n) { $f($n + 1) }; $f(1))'],
  ['text that doubles', '($f := function($t) { $f($t & $t) }; $f("x"))'],
];

describe('a bomb', () => {
  it.each(SCRIPTS)(
    '%s ends within its limit plus two seconds, twenty at once',
    async (_what, code, limitMs, errors) => {
      const retryPolicy = { maxRetries: 3, initialDelay: 1 };
      const id = await workflow('script', { code, timeout: limitMs }, { retryPolicy });
      const all = await Promise.all(Array.from({ length: 20 }, () => run(id)));
      for (const { record, ms } of all) {
        expect(record).toMatchObject({ status: 'failed', nodes: [{ status: 'failed', attempt: 1 }] });
        expect(errors).toContain(record.error?.code);
        expect(ms).toBeLessThan(limitMs + LATE_MS + SLACK_MS);
      }
    },
  );

  it.each(EXPRESSIONS)('%s in an expression ends within its limit plus two seconds', async (_what, expression) => {
    const id = await workflow('transform', { output: `{{ ${expression} }}` });
    const all = await Promise.all(Array.from({ length: 3 }, () => run(id)));
    for (const { record, ms } of all) {
      expect(record).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_ERROR' }, nodes: [{ attempt: 1 }] });
      expect(ms).toBeLessThan(EXPRESSION_LIMIT_MS + LATE_MS + SLACK_MS);
    }
  });

  it('an evil pattern in an expression takes linear time', async () => {
    const text = `${'a'.repeat(5000)}b`;
    const id = await workflow('transform', { output: { found: `{{ $match("${text}", /^(a+)+$/) }}` } });
    const { record, ms } = await run(id);
    expect(record.status).toBe('completed');
    expect(ms).toBeLessThan(EXPRESSION_LIMIT_MS + LATE_MS + SLACK_MS);
  });

  it('of a node that has a limit of its own ends at that', async () => {
    const id = 'wf_node_limit';
    const config = { code: 'for (;;);', timeout: 60_000 };
    const nodes = [{ id: 'bomb', type: 'script', timeout: 300, config }];
    await server.call('POST', '/workflows', { id, name: id, nodes, edges: [] });
    const { record, ms } = await run(id);
    expect(record).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' }, nodes: [{ attempt: 1 }] });
    expect(ms).toBeLessThan(300 + LATE_MS + SLACK_MS);
  });

  it('of an execution that is cancelled ends, too', async () => {
    const id = await workflow('script', { code: 'for (;;);', timeout: 60_000 });
    const { body } = await server.call<{ id: string }>('POST', '/executions', { workflowId: id });
    const path = `/executions/${body.data.id}`;
    const { status } = await server.call('POST', `${path}/cancel`, {});
    expect(status).toBe(200);
    for (;;) {
      const { body: answer } = await server.call<ExecutionRecord>('GET', path);
      if (answer.data.status === 'cancelled') break;
      await delay(50);
    }
  });
});

describe('after the bombs', () => {
  it('scripts and expressions work as before, and the memory is given back', async () => {
    const script = await workflow('script', { code: 'return { sum: [1, 2, 3].reduce((a, b) => a + b) }' });
    const transform = await workflow('transform', { output: '{{ $sum([1, 2, 3]) }}' });
    for (const [id, outputs] of [
      [script, { sum: 6 }],
      [transform, { value: 6 }],
    ] as const) {
      const { record } = await run(id);
      expect(record).toMatchObject({ status: 'completed', nodes: [{ outputs }] });
    }
    // Twenty memory bombs of 48 MiB have been here. What this process held before them is other tests' business.
    while (process.memoryUsage().rss - heldBefore > 450 * 1024 * 1024) await delay(200);
  });
});
