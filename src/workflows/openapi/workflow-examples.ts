import type { JsonObject } from '../../engine/json.js';

/** Adds up an order; it runs as it stands. */
export const exampleDocument: JsonObject = {
  id: 'wf_orders',
  name: 'Order intake',
  description: 'Adds up an order and decides whether it ships free',
  nodes: [
    { id: 'receive', type: 'input', label: 'Receive order', position: { x: 0, y: 0 }, config: {} },
    {
      id: 'total',
      type: 'transform',
      label: 'Add up',
      position: { x: 240, y: 0 },
      config: { output: { customer: '{{ inputs.customer }}', total: '{{ $sum(inputs.items.(price * quantity)) }}' } },
    },
    {
      id: 'done',
      type: 'output',
      label: 'Answer',
      position: { x: 480, y: 0 },
      config: { value: { total: '{{ inputs.total }}', freeShipping: '{{ inputs.total >= 50 }}' } },
    },
  ],
  edges: [
    { id: 'receive-total', source: 'receive', target: 'total' },
    { id: 'total-done', source: 'total', target: 'done' },
  ],
  settings: { timeout: 60_000, errorHandling: 'stop' },
  metadata: { tags: ['orders'], category: 'sales' },
};

const { id, nodes, edges, metadata, ...rest } = exampleDocument;

const head: JsonObject = {
  id,
  revision: 3,
  ...rest,
  version: { version: '1.0.0' },
  status: 'active',
  isPublished: false,
  metadata: {
    ...(metadata as JsonObject),
    usageCount: 128,
    avgExecutionTime: 41.5,
    successRate: 0.992,
    lastExecutedAt: '2024-01-04T08:00:00.000Z',
  },
  createdAt: '2024-01-01T09:30:00.000Z',
  updatedAt: '2024-01-03T16:12:45.120Z',
};

const exampleStats = {
  totalNodes: 3,
  totalEdges: 2,
  startNodes: 1,
  endNodes: 1,
  maxDepth: 3,
  estimatedExecutionTime: 42,
};

/** The same as it is answered. */
export const exampleWorkflow: JsonObject = { ...head, nodes, edges };

export const exampleRow: JsonObject = {
  ...head,
  stats: exampleStats,
  lastStatuses: ['completed', 'completed', 'failed'],
};

export const exampleAnswer = { workflow: exampleWorkflow, stats: exampleStats, warnings: [] };

/** A document with a mistake. */
export const invalidDocument: JsonObject = {
  name: 'Broken',
  nodes: [{ id: 'receive', type: 'input', position: { x: 0, y: 0 }, config: {} }],
  edges: [{ source: 'receive', target: 'nowhere' }],
};

/** What its validation says. */
export const invalidResult = {
  valid: false,
  errors: [
    { code: 'INVALID_TARGET_NODE', message: 'target names "nowhere", which is no node', field: 'edges.0.target' },
  ],
  warnings: [],
  stats: { totalNodes: 1, totalEdges: 1, startNodes: 1, endNodes: 1, maxDepth: 1 },
};

export const exampleNodeStatistics = {
  workflowId: 'wf_orders',
  nodes: [
    {
      nodeId: 'receive',
      nodeName: 'Receive order',
      nodeType: 'input',
      count: 128,
      failures: 1,
      failureShare: 0.0078125,
      p50: 0,
      p95: 1,
    },
  ],
  count: 1,
};
