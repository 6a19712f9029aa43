import type { ExecutionRecord } from '../../engine/journal/execution-record.js';
import type { ExecutionRow } from '../../engine/journal/execution-row.js';
import type { MetricSample } from '../../engine/journal/metric-sample.js';
import type { PresentedEvent } from '../../engine/journal/present-event.js';
import type { NodeRecord } from '../../engine/journal/record-nodes.js';
import type { JsonObject } from '../../engine/json.js';
import type { NodeDetail } from '../execution-reader.js';

export const exampleId = 'exec_wf_orders_1704355200000_8f14e45fceea167a';

const START = 1_704_355_200_000;
const order = {
  customer: 'Zoë',
  items: [
    { price: 20, quantity: 2 },
    { price: 12.5, quantity: 1 },
  ],
};
const sum = { customer: 'Zoë', total: 52.5 };
const answer = { total: 52.5, freeShipping: true };

function completed(nodeId: string, nodeName: string, nodeType: string, values: Pick<NodeRecord, 'inputs' | 'outputs'>) {
  return {
    nodeId,
    nodeName,
    nodeType,
    effect: 'pure',
    status: 'completed',
    startTime: START + 3,
    endTime: START + 4,
    duration: 1,
    error: null,
    retryCount: 0,
    run: 1,
    attempt: 1,
    ...values,
  } satisfies NodeRecord;
}

const nodes: NodeRecord[] = [
  completed('receive', 'Receive order', 'input', { inputs: {}, outputs: order }),
  completed('total', 'Add up', 'transform', { inputs: order, outputs: sum }),
  completed('done', 'Answer', 'output', { inputs: sum, outputs: answer }),
];

const shared = {
  id: exampleId,
  workflowId: 'wf_orders',
  workflowName: 'Order intake',
  workflowVersion: '1.0.0',
  workflowRevision: 3,
  status: 'completed',
  activity: null,
  attention: null,
  seq: 6,
  startTime: START + 2,
  endTime: START + 5,
  duration: 3,
  labels: { channel: 'shop' },
  priority: 0,
  stats: { totalNodes: 3, completedNodes: 3, failedNodes: 0, skippedNodes: 0, successRate: 1 },
  error: null,
  createdAt: START,
  updatedAt: START + 5,
} as const;

/** Measured at its end. */
export const exampleSample: MetricSample = {
  timestamp: START + 5,
  cpu: { usage: 3.41, system: 0.62, user: 2.79 },
  memory: { used: 168_214_528, total: 8_589_934_592, percentage: 1.96 },
  network: { bytesReceived: 0, bytesSent: 0, requestCount: 0 },
  duration: 3,
  throughput: 600,
};

export const exampleRecord: ExecutionRecord = {
  ...shared,
  trigger: { type: 'api', userId: 'zoe', data: order },
  context: { environment: 'production', variables: {} },
  nodes,
  result: answer,
  checkpoints: [{ nodeId: 'done', timestamp: START + 5, state: { variables: {}, outputs: answer } }],
  performance: { cpuUsage: 3.41, memoryUsage: 168_214_528, networkIO: exampleSample.network },
  history: [],
  rollbacks: [],
};

/** The same right after its creation. */
export const exampleCreated: ExecutionRecord = {
  ...exampleRecord,
  status: 'pending',
  activity: 'queued',
  seq: 1,
  startTime: START,
  endTime: null,
  duration: null,
  nodes: nodes.map((node) => ({
    ...node,
    status: 'pending',
    startTime: null,
    endTime: null,
    duration: null,
    attempt: 0,
    inputs: null,
    outputs: null,
  })),
  stats: { totalNodes: 3, completedNodes: 0, failedNodes: 0, skippedNodes: 0, successRate: 0 },
  result: null,
  checkpoints: [],
  performance: null,
  updatedAt: START,
};

export const exampleRow: ExecutionRow = {
  ...shared,
  trigger: { type: 'api', userId: 'zoe' },
  progress: 1,
  summary: null,
};

const { nodes: _, ...withoutNodes } = exampleRecord;

/** Another one, which was paused by hand. */
export const examplePaused: Omit<ExecutionRecord, 'nodes'> = {
  ...withoutNodes,
  status: 'paused',
  seq: 5,
  endTime: null,
  duration: null,
  stats: { ...shared.stats, completedNodes: 1 },
  result: null,
  checkpoints: [],
  performance: null,
  history: [{ type: 'pause', at: START + 5, by: 'zoe', reason: 'Wrong price list' }],
};

export const exampleCancelled: Omit<ExecutionRecord, 'nodes'> = {
  ...examplePaused,
  status: 'cancelled',
  seq: 6,
  endTime: START + 9000,
  duration: 8998,
  performance: exampleRecord.performance,
  history: [...examplePaused.history, { type: 'cancel', at: START + 9000, by: 'zoe' }],
  updatedAt: START + 9000,
};

/** After somebody has looked into the shop. */
export const exampleSettled: Omit<ExecutionRecord, 'nodes'> = {
  ...examplePaused,
  seq: 6,
  stats: { ...shared.stats, completedNodes: 2 },
  history: [
    { type: 'pause', at: START + 5, by: null },
    {
      type: 'settle',
      at: START + 9000,
      by: 'zoe',
      reason: 'The order is in the shop',
      nodeId: 'total',
      status: 'completed',
    },
  ],
  updatedAt: START + 9000,
};

export const exampleNode = nodes[1] as NodeRecord;

export const exampleEvents: PresentedEvent[] = [
  { seq: 2, type: 'execution:started', timestamp: START + 2, data: { row: exampleRow as unknown as JsonObject } },
  {
    seq: 4,
    type: 'node:completed',
    timestamp: START + 4,
    nodeId: 'total',
    data: {
      nodeId: 'total',
      name: 'Add up',
      nodeType: 'transform',
      run: 1,
      attempt: 1,
      startTime: START + 3,
      startSeq: 3,
      endTime: START + 4,
      duration: 1,
      outputs: sum,
    },
  },
];

/** What starts it. */
export const exampleRequest = {
  workflowId: 'wf_orders',
  trigger: { type: 'api', userId: 'zoe', data: order },
  context: { environment: 'production' },
  labels: { channel: 'shop' },
};

export const exampleNodeDetail: NodeDetail = {
  executionId: exampleId,
  ...exampleNode,
  intent: null,
  checkpoint: null,
  undo: { action: 'nothing-to-do', description: 'It changes nothing outside', warnings: [] },
  runs: [
    {
      run: 1,
      attempts: [
        { attempt: 1, status: 'completed', startTime: START + 3, endTime: START + 4, duration: 1, outputs: sum },
      ],
    },
  ],
};

export const exampleDefinition: JsonObject = {
  id: 'wf_orders',
  revision: 3,
  name: 'Order intake',
  version: { version: '1.0.0' },
  status: 'active',
  isPublished: false,
  nodes: [
    { id: 'receive', type: 'input', label: 'Receive order', config: {} },
    { id: 'done', type: 'output', label: 'Answer', config: { value: '{{ inputs }}' } },
  ],
  edges: [{ id: 'receive-done', source: 'receive', target: 'done' }],
  settings: { timeout: 60_000 },
};
