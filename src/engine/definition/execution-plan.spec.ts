import type { NodeType } from '../ports.js';
import { buildExecutionPlan } from './execution-plan.js';
import type { NodeDefinition } from './workflow-definition.js';

const base = { name: '', category: '', description: '', version: '1.0.0', configSchema: {} };

function planned(onInterrupted: NodeType['onInterrupted'], node: Partial<NodeDefinition> = {}) {
  const type: NodeType = { ...base, type: 't', effect: 'external', onInterrupted, execute: () => ({ outputs: {} }) };
  const catalog = {
    get: () => type,
    list: () => [type],
    checkConfig: () => [],
    checkRollback: () => [],
    checkResolvedConfig: () => [],
    checkResolvedRollback: () => [],
  };
  const content = { nodes: [{ id: 'n', type: 't', ...node }], edges: [] };
  return buildExecutionPlan({ workflowId: 'wf', revision: 1, version: '1.0.0', content }, catalog).nodes[0];
}

describe('what becomes of an attempt that was cut off', () => {
  it('is said by node.onInterrupted, else by its type, else it is repeated', () => {
    expect(planned(undefined)?.onInterrupted).toBe('retry');
    expect(planned('ask')?.onInterrupted).toBe('ask');
    expect(planned('ask', { onInterrupted: 'probe' })?.onInterrupted).toBe('probe');
  });

  it('may depend on the config, which an expression may have in it', () => {
    const byConfig: NodeType['onInterrupted'] = ({ append = false }) => (append === false ? 'retry' : 'ask');
    expect(planned(byConfig)?.onInterrupted).toBe('retry');
    expect(planned(byConfig, { config: { append: true } })?.onInterrupted).toBe('ask');
    expect(planned(byConfig, { config: { append: '{{ inputs.append }}' } })?.onInterrupted).toBe('ask');
    expect(planned(byConfig, { config: { append: true }, onInterrupted: 'retry' })?.onInterrupted).toBe('retry');
  });

  it('is asked of a person when the type cannot say', () => {
    const fails = () => {
      throw new Error('an expression where a list was expected');
    };
    expect(planned(fails)?.onInterrupted).toBe('ask');
  });
});
