import { TAGS } from '../../http/openapi/api-overview.js';
import { choice, component, count, epochMs, integer, list, record, text } from '../../http/openapi/api-schema.js';
import { operation } from '../../http/openapi/operation.js';
import type { InstanceView } from '../../repositories/instance.repository.js';

/** All instances on this database. */
export interface InstanceList {
  instances: InstanceView[];
  count: number;
}

const instance = component(
  'Instance',
  record<InstanceView>(
    {
      id: text('A new one at each start of a server, and after a lost lease'),
      host: text('Name of the machine'),
      pid: integer('Of the process', { minimum: 1 }),
      state: choice(
        ['alive', 'dead'],
        'A dead one has ended or was taken over from; it is listed until others have all that it drove',
      ),
      startedAt: epochMs('When it was registered'),
      heartbeatAt: epochMs('When it renewed its lease last'),
      executions: count('How many executions it has in memory, or left behind'),
    },
    'A server process on this database',
  ),
);

export const listInstances = operation({
  operationId: 'listInstances',
  tag: TAGS.instances.name,
  summary: 'List the instances',
  description:
    'Who drives executions: every server process on this database, by its start. One that was silent for LEASE_MS is taken ' +
    'over from by the others.',
  answers: {
    200: {
      description: 'All instances',
      data: record<InstanceList>({ instances: list(instance, 'In order of their starts'), count: count('How many') }),
      example: {
        instances: [
          {
            id: 'inst_bK7mQ2xZp0Ra',
            host: 'retrace-1',
            pid: 41,
            state: 'alive',
            startedAt: 1704355200000,
            heartbeatAt: 1704358801000,
            executions: 120,
          },
        ],
        count: 1,
      },
    },
  },
});
