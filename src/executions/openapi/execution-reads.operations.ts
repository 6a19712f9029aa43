import { TAGS } from '../../http/openapi/api-overview.js';
import { cursorHeader } from '../../http/cursor-header.js';
import { operation } from '../../http/openapi/operation.js';
import {
  exampleDefinition,
  exampleEvents,
  exampleId,
  exampleNode,
  exampleNodeDetail,
  exampleSample,
} from './execution-examples.js';
import { executedWorkflow } from './executed-workflow.schema.js';
import { logList, metricList, nodeList, progress } from './execution-answers.schema.js';
import { executionNotFound, nodeNotFound, revisionGone } from './execution-failures.js';
import { executionIdParameter, nodeIdParameter } from './execution-parameters.js';
import { exampleExplanation, explanation } from './explanation.schema.js';
import { eventList } from './journal-event.schema.js';
import { nodeDetail } from './node-record.schema.js';

const tag = TAGS.parts.name;

export const getProgress = operation({
  operationId: 'getProgress',
  tag,
  summary: 'Read how far an execution is',
  description:
    'Also after its end. While it runs it says how long it will go on, by the median durations of its nodes in past executions of the workflow; branches that are seldom taken are left out until they are.',
  parameters: [executionIdParameter],
  answers: {
    200: {
      description: 'Its progress',
      headers: cursorHeader,
      data: progress,
      example: {
        executionId: exampleId,
        totalNodes: 3,
        completedNodes: 1,
        failedNodes: 0,
        skippedNodes: 0,
        runningNodes: 1,
        pendingNodes: 1,
        progress: 0.3333333333333333,
        estimatedTimeRemaining: 1240,
        estimate: {
          remaining: 1240,
          low: 1100,
          high: 1900,
          basis: 'history',
          runs: 38,
          criticalPath: ['charge', 'receipt'],
        },
      },
    },
  },
  failures: [executionNotFound],
});

export const explainExecution = operation({
  operationId: 'explainExecution',
  tag,
  summary: 'Ask why an execution stands where it stands',
  description:
    'In words and data: which node, time, signal, retry, free place, instance or person it waits for, or what ended it; and the requests that it takes now.',
  parameters: [executionIdParameter],
  answers: {
    200: { description: 'The explanation', headers: cursorHeader, data: explanation, example: exampleExplanation },
  },
  failures: [executionNotFound],
});

export const listLogs = operation({
  operationId: 'listLogs',
  tag,
  summary: 'Read the log',
  description:
    'Commands, retries and failures, what nodes write, and with `verboseLogging` each node. Always the oldest first; `after` goes on, `tail` shows the newest, `before` what came before them.',
  parameters: [executionIdParameter],
  answers: {
    200: {
      description: 'Lines of the log',
      headers: cursorHeader,
      data: logList,
      example: {
        executionId: exampleId,
        logs: [
          {
            id: 1,
            nodeId: 'charge',
            timestamp: 1_704_355_200_120,
            level: 'warn',
            message: 'Attempt 1 failed with 503, next in 1000 ms',
            data: { attempt: 1, code: '503' },
          },
        ],
        count: 1,
      },
    },
  },
  failures: [executionNotFound],
});

export const listEvents = operation({
  operationId: 'listEvents',
  tag,
  summary: 'Read the journal',
  description:
    'Everything that happened to the execution, in order and without gaps: `seq` counts from 1. The `type` of an event says what its `data` holds. Large outputs stay out: the node has them whole.',
  parameters: [executionIdParameter],
  answers: {
    200: {
      description: 'A part of the journal',
      headers: cursorHeader,
      data: eventList,
      example: { executionId: exampleId, events: exampleEvents, nextAfter: 4 },
    },
  },
  failures: [executionNotFound],
});

export const listMetrics = operation({
  operationId: 'listMetrics',
  tag,
  summary: 'Read what was measured',
  description:
    'A sample every METRICS_INTERVAL_MS (5 s) while the execution runs, none while it only waits or is paused, and one at its end, which the shortest execution has too. A long execution keeps about a thousand: the interval doubles, and older samples are thinned out alike. CPU and memory are those of the server process, the network is that of the nodes of this execution.',
  parameters: [executionIdParameter],
  answers: {
    200: {
      description: 'Its samples',
      headers: cursorHeader,
      data: metricList,
      example: { executionId: exampleId, metrics: [exampleSample], count: 1 },
    },
  },
  failures: [executionNotFound],
});

export const listExecutionNodes = operation({
  operationId: 'listExecutionNodes',
  tag,
  summary: 'List the nodes',
  description: 'For executions of many nodes: the same as in the record, in pages.',
  parameters: [executionIdParameter],
  answers: {
    200: {
      description: 'A page of the nodes',
      headers: cursorHeader,
      data: nodeList,
      example: {
        executionId: exampleId,
        nodes: [exampleNode],
        pagination: { page: 1, pageSize: 20, total: 1, totalPages: 1 },
      },
    },
  },
  failures: [executionNotFound],
});

export const getExecutionNode = operation({
  operationId: 'getExecutionNode',
  tag,
  summary: 'Read a node',
  description: 'With every run and attempt, its intent, its inputs and outputs whole, and what undoing it would do.',
  parameters: [executionIdParameter, nodeIdParameter],
  answers: { 200: { description: 'The node', headers: cursorHeader, data: nodeDetail, example: exampleNodeDetail } },
  failures: [executionNotFound, nodeNotFound],
});

export const getExecutedWorkflow = operation({
  operationId: 'getExecutedWorkflow',
  tag,
  summary: 'Read the definition that it runs',
  description:
    'The document with the nodes, edges, settings and version of its revision and the name that it had then, whatever became of the workflow since.',
  parameters: [executionIdParameter],
  answers: { 200: { description: 'The definition', data: executedWorkflow, example: exampleDefinition } },
  failures: [executionNotFound, revisionGone],
});
