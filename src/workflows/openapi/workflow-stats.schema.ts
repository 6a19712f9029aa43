import type { WorkflowStats } from '../../engine/definition/workflow-definition.js';
import { component, count, milliseconds, optional, record } from '../../http/openapi/api-schema.js';

export const workflowStats = component(
  'WorkflowStats',
  record<WorkflowStats>(
    {
      totalNodes: count('Nodes'),
      totalEdges: count('Edges'),
      startNodes: count('Nodes without an incoming edge'),
      endNodes: count('Nodes without an outgoing edge'),
      maxDepth: count('Nodes on the longest path; 0 with a cycle'),
      estimatedExecutionTime: optional(
        milliseconds('How long an execution takes, by past ones along the critical path; absent without any'),
      ),
    },
    'What the graph of a workflow looks like',
  ),
);
