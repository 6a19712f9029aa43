import type { MetricSample } from '../../engine/journal/metric-sample.js';
import type { NetworkUse } from '../../engine/ports.js';
import { component, count, epochMs, milliseconds, number, record } from '../../http/openapi/api-schema.js';

const percent = (description: string) => number(description, { minimum: 0, maximum: 100 });

export const networkUse = record<NetworkUse>(
  {
    bytesReceived: count('Bytes that came in'),
    bytesSent: count('Bytes that went out'),
    requestCount: count('Requests'),
  },
  "What the nodes' own requests moved",
);

export const metricSample = component(
  'MetricSample',
  record<MetricSample>(
    {
      timestamp: epochMs('When it was measured'),
      cpu: record<MetricSample['cpu']>(
        {
          usage: percent('user + system'),
          system: percent('In the kernel'),
          user: percent('In its own code and that of the nodes'),
        },
        'What the server process used since the sample before, in percent of what all cores could have done',
      ),
      memory: record<MetricSample['memory']>(
        {
          used: count('Bytes that the server process holds'),
          total: count('Bytes that its machine or container has'),
          percentage: number('used / total, in percent', { minimum: 0 }),
        },
        'The memory of the server process',
      ),
      network: networkUse,
      duration: milliseconds('Since the start of the execution'),
      throughput: number('Nodes of the execution that ended, a second, since the sample before', { minimum: 0 }),
    },
    'What was measured of an execution at one moment; CPU and memory are those of the process, which its executions share',
  ),
);
