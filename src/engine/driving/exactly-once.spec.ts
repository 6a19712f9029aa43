import fc from 'fast-check';
import type { EdgeDefinition, NodeDefinition } from '../definition/workflow-definition.js';
import type { NodeContext, NodeOutput, NodeType, ProbeResult } from '../ports.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';

/** What charges have done to the world, by node; it outlives every crash. */
class Ledger {
  readonly charges = new Map<string, number>();
  private readonly outputs = new Map<string, NodeOutput>();
  private asked = 0;
  execution!: DrivenExecution;

  /** @param vague which probes, counted over all nodes, cannot tell */
  constructor(private readonly vague: readonly boolean[]) {}

  /** A charge takes `before` ms to happen and `after` ms to be answered; a service with keys does none of them twice. */
  type(): NodeType {
    return {
      type: 'charge',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'external',
      execute: (context) => this.charge(context),
      probe: (context) => Promise.resolve(this.probe(context)),
    };
  }

  /** What a person who looks says of a node. */
  seen(nodeId: string): Command {
    const happened = (this.charges.get(nodeId) ?? 0) > 0;
    const what = happened
      ? { status: 'completed' as const, outputs: { looked: true } }
      : { status: 'pending' as const };
    return { kind: 'settle', nodeId, reason: 'looked', ...what };
  }

  private async charge({ nodeId, config, idempotencyKey: key, signal }: NodeContext): Promise<NodeOutput> {
    await this.pause(Number(config.before), signal);
    if (!(config.keys === true && this.outputs.has(key))) {
      this.charges.set(nodeId, (this.charges.get(nodeId) ?? 0) + 1);
      this.outputs.set(key, { outputs: { key } });
    }
    await this.pause(Number(config.after), signal);
    return { outputs: { key } };
  }

  private probe({ idempotencyKey: key }: NodeContext): ProbeResult {
    this.asked += 1;
    if (this.vague[this.asked % this.vague.length]) return { happened: 'unknown' };
    const found = this.outputs.get(key);
    return found ? { happened: true, ...found } : { happened: false };
  }

  /** Never over when the process dies meanwhile. */
  private pause(ms: number, signal: AbortSignal): Promise<void> {
    const isMine = this.execution.world.life();
    return new Promise((resolve, reject) => {
      const cancel = this.execution.scheduler.setTimer(ms, () => {
        if (isMine()) resolve();
      });
      const stop = () => {
        cancel();
        reject(signal.reason as Error);
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    });
  }
}

const MOST_NODES = 5;

const charge = fc.record({
  onInterrupted: fc.constantFrom('retry' as const, 'probe' as const, 'ask' as const),
  before: fc.constantFrom(0, 10, 50),
  after: fc.constantFrom(0, 50, 1000),
});

const workflow: fc.Arbitrary<TestWorkflow> = fc
  .record({
    charges: fc.array(charge, { minLength: 1, maxLength: MOST_NODES }),
    links: fc.array(fc.tuple(fc.nat(MOST_NODES - 1), fc.nat(MOST_NODES - 1)), { maxLength: 5 }),
    maxConcurrency: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ charges, links, maxConcurrency }) => ({
    nodes: charges.map(
      ({ onInterrupted, before, after }, index): NodeDefinition => ({
        id: `n${index}`,
        type: 'charge',
        onInterrupted,
        // Only a service that knows the key may be asked twice without a look.
        config: { before, after, keys: onInterrupted === 'retry' },
      }),
    ),
    edges: links.flatMap(([from, to], index): EdgeDefinition[] =>
      from < to && to < charges.length ? [{ id: `e${index}`, source: `n${from}`, target: `n${to}` }] : [],
    ),
    settings: { maxConcurrency },
  }));

type Step = { advance: number } | { do: 'crash' | 'interrupt' | 'drain' | 'pause' | 'abort' | 'go on' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ advance: fc.constantFrom(0, 5, 10, 50, 200) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom<'crash' | 'interrupt' | 'drain' | 'pause' | 'abort' | 'go on'>(
        'crash',
        'crash',
        'interrupt',
        'drain',
        'pause',
        'abort',
        'go on',
      ),
    }),
  },
);

/** A person who is asked looks at every node that asks, says what they saw, and sets the execution going. */
async function goOn(execution: DrivenExecution, ledger: Ledger): Promise<void> {
  if (execution.state.status === 'paused') {
    const asks = execution.state.pauseCode === 'OUTCOME_UNKNOWN' ? execution.plan.nodes : [];
    for (const { id } of asks) if (execution.node(id).asks) await execution.command(ledger.seen(id));
    await execution.command({ kind: 'resume' });
  } else if (execution.state.activity === 'pausing') await execution.command({ kind: 'resume' });
  if (execution.left && execution.state.status === 'running') execution.start();
  await execution.settle();
}

async function apply(execution: DrivenExecution, ledger: Ledger, each: Step): Promise<void> {
  if ('advance' in each) {
    await execution.advance(each.advance);
  } else if (each.do === 'go on' || execution.left) {
    await goOn(execution, ledger);
  } else if (each.do === 'crash') {
    execution.crash();
    if (execution.events.length === 0 || execution.state.status === 'running') execution.start();
    else execution.load().driver.release();
    await execution.settle();
  } else if (each.do === 'pause' || each.do === 'abort') {
    if (execution.state.status !== 'running') return;
    await execution.command({ kind: 'pause', mode: each.do === 'pause' ? 'wait' : 'abort' });
  } else {
    execution.driver[each.do]();
    await execution.settle();
  }
}

it('every effect happens once, by onInterrupted retry, probe and ask, however often it is cut off', async () => {
  await fc.assert(
    fc.asyncProperty(
      workflow,
      fc.array(step, { maxLength: 25 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
      async (document, steps, vague) => {
        const ledger = new Ledger(vague);
        const execution = new DrivenExecution(document, { types: [ledger.type()] });
        ledger.execution = execution;
        await execution.start().settle();
        for (const each of steps) await apply(execution, ledger, each);
        for (let round = 0; execution.state.status !== 'completed' && round < 10; round += 1) {
          await goOn(execution, ledger);
          await execution.run();
        }
        expect(execution.state.status).toBe('completed');
        expect([...ledger.charges]).toEqual(expect.arrayContaining(document.nodes.map(({ id }) => [id, 1])));
        expect(ledger.charges.size).toBe(document.nodes.length);
        checkJournal(execution);
      },
    ),
    { numRuns: 300 },
  );
});
