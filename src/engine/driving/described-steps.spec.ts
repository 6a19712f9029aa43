import { DataFlow } from '../data-flow.js';
import type { NodeType } from '../ports.js';
import { TO_START } from '../recovery/decide-rollback.js';
import { planRollback } from '../recovery/rollback-plan.js';
import { DrivenExecution, EXECUTION_ID, type TestWorkflow } from '../testing/driven-execution.js';
import { describedSteps } from './described-steps.js';

const book: NodeType = {
  type: 'book',
  name: 'Book',
  category: 'test',
  description: '',
  version: '1.0.0',
  effect: 'external',
  configSchema: {},
  execute: () => Promise.resolve({ outputs: { id: 7 } }),
  rollback: () => Promise.resolve(),
  describeRollback: ({ url }) => `DELETE ${url as string}`,
};

/** What the plan of a rollback to the start says of each step, in the order of undoing. */
async function described(workflow: TestWorkflow): Promise<string[]> {
  const execution = await DrivenExecution.run(workflow, { types: [book], context: { variables: { host: 'old' } } });
  const { plan, state, catalog, turns, scheduler } = execution;
  const { steps } = planRollback(plan, state, TO_START);
  const source = { executionId: EXECUTION_ID, plan, state, flow: new DataFlow(plan, state) };
  const shown = await describedSteps(source, steps, { catalog, turns, now: scheduler.now() });
  return shown.map(({ description }) => description);
}

describe('what a step of a rollback does', () => {
  it('is told with what its node saw and gave', async () => {
    const nodes = [
      { id: 'a', type: 'book', rollback: { url: 'http://{{ variables.host }}/{{ outputs.id }}' } },
      { id: 'b', type: 'value', config: { variables: { host: 'new' } } },
    ];
    const [, last] = await described({ nodes, edges: [{ source: 'a', target: 'b' }] });
    expect(last).toBe('DELETE http://old/7');
  });

  it('is told without the secrets in it', async () => {
    const rollback = { url: 'https://ann:{{ variables.host }}@shop/{{ outputs.id }}?token={{ variables.host }}' };
    expect(await described({ nodes: [{ id: 'a', type: 'book', rollback }] })).toEqual([
      'DELETE https://***@shop/7?token=***',
    ]);
  });

  it('is told by the expression where that gives nothing', async () => {
    const rollback = { url: '{{ $error("closed") }}' };
    expect(await described({ nodes: [{ id: 'a', type: 'book', rollback }] })).toEqual([
      'DELETE {{ $error("closed") }}',
    ]);
  });
});
