import { TAGS } from '../../http/openapi/api-overview.js';
import { text } from '../../http/openapi/api-schema.js';
import { operation } from '../../http/openapi/operation.js';

export const getMetrics = operation({
  operationId: 'getMetrics',
  tag: TAGS.health.name,
  summary: 'Read the metrics of this instance',
  description:
    'For Prometheus: executions, durations of nodes, the journal, the feed and the process itself. `examples/grafana` has a ' +
    'dashboard for them. What is counted begins anew with each start.',
  answers: {
    200: {
      description: 'The metrics',
      contentType: 'text/plain',
      data: text("In Prometheus's text format, version 0.0.4"),
      example:
        '# HELP retrace_executions_ended_total Executions that ended on this instance, by status\n' +
        '# TYPE retrace_executions_ended_total counter\n' +
        'retrace_executions_ended_total{status="completed"} 4711\n',
    },
  },
});
