/** The mix that runs while the server is killed: each workflow's document, and how its executions must end. */
export interface CrashWorkflow {
  document: { id: string; name: string; nodes: object[]; edges: object[]; settings?: object };
  status: 'completed' | 'failed';
  result: unknown;
}

export function crashWorkflows(serviceUrl: string): CrashWorkflow[] {
  const call = (id: string, path = '/effect', more: object = {}) => ({
    id,
    type: 'external-api',
    config: { method: 'POST', url: `${serviceUrl}${path}`, body: { executionId: '{{ execution.id }}', nodeId: id } },
    ...more,
  });
  const add = (id: string, before: string) => ({
    id,
    type: 'transform',
    config: { output: { count: `{{ $exists(nodes.${before}.count) ? nodes.${before}.count + 1 : 1 }}` } },
  });
  const edge = (source: string, target: string, more: object = {}) => ({ source, target, ...more });
  const output = (value: unknown, more: object = {}) => ({ id: 'out', type: 'output', config: { value }, ...more });
  const quick = { maxRetries: 3, backoff: 'fixed', initialDelay: 60 };
  return [
    {
      document: {
        id: 'external-chain',
        name: 'A chain of calls',
        nodes: [call('c1'), call('c2'), call('c3'), call('c4'), output('{{ nodes.c4.body.node }}')],
        edges: [edge('c1', 'c2'), edge('c2', 'c3'), edge('c3', 'c4'), edge('c4', 'out')],
      },
      status: 'completed',
      result: { value: 'c4' },
    },
    {
      document: {
        id: 'diamond',
        name: 'Two branches, a delay and a join',
        nodes: [
          add('first', 'none'),
          call('left'),
          { id: 'wait', type: 'delay', config: { duration: 400 } },
          call('right'),
          output('{{ nodes.left.body.node & nodes.right.body.node }}', { join: 'all' }),
        ],
        edges: [
          edge('first', 'left'),
          edge('first', 'wait'),
          edge('wait', 'right'),
          edge('left', 'out'),
          edge('right', 'out'),
        ],
      },
      status: 'completed',
      result: { value: 'leftright' },
    },
    {
      document: {
        id: 'flaky',
        name: 'A call that fails at first',
        nodes: [
          call('f1', '/flaky', { retryPolicy: quick }),
          call('f2', '/flaky', { retryPolicy: quick }),
          output('{{ nodes.f2.body.node }}'),
        ],
        edges: [edge('f1', 'f2'), edge('f2', 'out')],
      },
      status: 'completed',
      result: { value: 'f2' },
    },
    {
      document: {
        id: 'pure-chain',
        name: 'Pure nodes alone',
        nodes: [add('p1', 'none'), add('p2', 'p1'), add('p3', 'p2'), add('p4', 'p3'), output('{{ nodes.p4.count }}')],
        edges: [edge('p1', 'p2'), edge('p2', 'p3'), edge('p3', 'p4'), edge('p4', 'out')],
      },
      status: 'completed',
      result: { value: 4 },
    },
    {
      document: {
        id: 'failing',
        name: 'A failure after an effect',
        nodes: [
          call('before'),
          { id: 'bad', type: 'fail', config: { message: 'no', code: 'NO' }, retryPolicy: { maxRetries: 0 } },
          call('never'),
        ],
        edges: [edge('before', 'bad'), edge('bad', 'never')],
      },
      status: 'failed',
      result: null,
    },
  ];
}
