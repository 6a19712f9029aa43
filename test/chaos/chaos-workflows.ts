import type { NodeDefinition, EdgeDefinition } from '../../src/engine/definition/workflow-definition.js';
import type { JsonValue } from '../../src/engine/json.js';

/** The name under which the servers find the database that nodes write to. */
export const EFFECTS_CONNECTION = 'CHAOS_EFFECTS';

/** One of the mix that runs while things are broken: its document, and how each of its executions must end. */
export interface ChaosWorkflow {
  document: { id: string; name: string; nodes: NodeDefinition[]; edges: EdgeDefinition[] };
  status: 'completed' | 'failed';
  result: JsonValue;
}

const edge = (source: string, target: string): EdgeDefinition => ({ source, target });
const chain = (...ids: string[]): EdgeDefinition[] =>
  ids.slice(1).map((target, index) => edge(ids[index] as string, target));
const output = (value: string): NodeDefinition => ({ id: 'out', type: 'output', config: { value } });
const QUICK = { maxRetries: 5, backoff: 'fixed', initialDelay: 60 } as const;
const WHERE = { executionId: '{{ execution.id }}' };

/** A step that takes up to 30 ms in the database, so that a kill can fall into it. */
function insert(id: string, exactlyOnce: boolean): NodeDefinition {
  const sql = 'INSERT INTO effects (execution_id, node_id) SELECT $1, $2 FROM pg_sleep(random() * 0.03)';
  const params = [WHERE.executionId, id];
  const config = { connection: EFFECTS_CONNECTION, sql, params, ...(exactlyOnce && { exactlyOnce }) };
  return { id, type: 'database', config, retryPolicy: QUICK };
}

function write(id: string, append: boolean): NodeDefinition {
  const path = `${WHERE.executionId}.${append ? 'log' : 'txt'}`;
  return { id, type: 'file-write', config: { path, content: `${id}\n`, append } };
}

/**
 * Workflows with effects of every kind: HTTP requests that are repeated under their key, SQL that a probe can look for
 * and SQL that only a person can, files that are written and files that are appended to.
 */
export function chaosWorkflows(serviceUrl: string): ChaosWorkflow[] {
  const call = (id: string, path = '/effect'): NodeDefinition => ({
    id,
    type: 'external-api',
    config: { method: 'POST', url: `${serviceUrl}${path}`, body: { ...WHERE, nodeId: id } },
    retryPolicy: QUICK,
  });
  const add = (id: string, before: string): NodeDefinition => ({
    id,
    type: 'transform',
    config: { output: { count: `{{ $exists(nodes.${before}.count) ? nodes.${before}.count + 1 : 1 }}` } },
  });
  const wait: NodeDefinition = { id: 'wait', type: 'delay', config: { duration: 300 } };
  const workflow = (id: string, name: string, nodes: NodeDefinition[], edges: EdgeDefinition[], value: JsonValue) => ({
    document: { id, name, nodes, edges },
    status: 'completed' as const,
    result: { value },
  });
  return [
    workflow(
      'calls',
      'A chain of calls',
      [call('c1'), call('c2'), call('c3'), output('{{ nodes.c3.body.node }}')],
      chain('c1', 'c2', 'c3', 'out'),
      'c3',
    ),
    workflow(
      'diamond',
      'Two branches, a delay and a join',
      [
        add('first', 'none'),
        call('left'),
        wait,
        call('right'),
        output('{{ nodes.left.body.node & nodes.right.body.node }}'),
      ],
      [...chain('first', 'left', 'out'), ...chain('first', 'wait', 'right', 'out')],
      'leftright',
    ),
    workflow(
      'flaky',
      'Calls that fail at first',
      [call('f1', '/flaky'), call('f2', '/flaky'), output('{{ nodes.f2.body.node }}')],
      chain('f1', 'f2', 'out'),
      'f2',
    ),
    workflow(
      'pure',
      'Pure nodes alone',
      [add('p1', 'none'), add('p2', 'p1'), add('p3', 'p2'), output('{{ nodes.p3.count }}')],
      chain('p1', 'p2', 'p3', 'out'),
      3,
    ),
    workflow(
      'sql',
      'Rows that are there once, whatever happens',
      [insert('s1', true), insert('s2', true), output('{{ nodes.s1.rowCount + nodes.s2.rowCount }}')],
      chain('s1', 's2', 'out'),
      2,
    ),
    workflow(
      'files',
      'A file, and a row after it',
      [write('w1', false), insert('s1', true), write('w2', false), output('{{ nodes.w2.bytes }}')],
      chain('w1', 's1', 'w2', 'out'),
      3,
    ),
    workflow(
      'asking',
      'What only a person can say when it is cut off',
      [insert('q1', false), write('a1', true), output('{{ nodes.q1.rowCount }}')],
      chain('q1', 'a1', 'out'),
      1,
    ),
    {
      document: {
        id: 'failing',
        name: 'A failure after an effect',
        nodes: [
          call('before'),
          { id: 'bad', type: 'fail', config: { message: 'no', code: 'NO' }, retryPolicy: { maxRetries: 0 } },
          call('never'),
        ],
        edges: chain('before', 'bad', 'never'),
      },
      status: 'failed',
      result: null,
    },
  ];
}
