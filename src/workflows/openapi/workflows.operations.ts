import type { JsonObject } from '../../engine/json.js';
import { cursorHeader } from '../../http/cursor-header.js';
import { TAGS } from '../../http/openapi/api-overview.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { nothing } from '../../http/openapi/api-schema.js';
import { operation } from '../../http/openapi/operation.js';
import { validationResult } from './validation.schema.js';
import { nodeStatistics, workflowAnswer, workflowList, workflowStatistics } from './workflow-answers.schema.js';
import {
  exampleAnswer,
  exampleDocument,
  exampleNodeStatistics,
  exampleRow,
  exampleWorkflow,
  invalidDocument,
  invalidResult,
} from './workflow-examples.js';
import { invalidWorkflow, workflowChanged, workflowExists, workflowNotFound } from './workflow-failures.js';
import { ifMatchRevision, workflowIdParameter } from './workflow-parameters.js';
import { workflow, workflowChanges, workflowDocument } from './workflow.schema.js';

const tag = TAGS.workflows.name;

/** Of the answers that hold one revision. */
const etag = { ETag: { description: 'The revision, for If-Match', example: '"3"' } };

export const createWorkflow = operation({
  operationId: 'createWorkflow',
  tag,
  summary: 'Create a workflow',
  description:
    'Stores a document as revision 1. Without an `id` it gets one. It is validated first: what is wrong is told all at once, and nothing is stored then. Warnings do not hinder.',
  parameters: [actorHeader],
  body: {
    description: 'The document',
    schema: workflowDocument,
    examples: { orders: { summary: 'Three nodes, one after the other', value: exampleDocument } },
  },
  answers: {
    201: { description: 'The workflow as it was stored', data: workflowAnswer, example: exampleAnswer },
  },
  failures: [workflowExists, invalidWorkflow],
});

export const listWorkflows = operation({
  operationId: 'listWorkflows',
  tag,
  summary: 'List workflows',
  description: 'Without nodes and edges, by default those first that were changed last.',
  answers: {
    200: {
      description: 'A page of the list',
      headers: cursorHeader,
      data: workflowList,
      example: { workflows: [exampleRow], pagination: { page: 1, pageSize: 20, total: 1, totalPages: 1 } },
    },
  },
});

export const validateWorkflow = operation({
  operationId: 'validateWorkflow',
  tag,
  summary: 'Validate a workflow',
  description: 'Says what is wrong with a document, and stores nothing. The answer is 200 for an invalid one too.',
  body: {
    description: 'The document',
    schema: { description: 'A workflow, or what should be one', anyOf: [workflowDocument, {}] },
    examples: {
      orders: { summary: 'A valid one', value: exampleDocument },
      broken: { summary: 'An edge that leads nowhere', value: invalidDocument },
    },
  },
  answers: { 200: { description: 'What was found', data: validationResult, example: invalidResult } },
});

export const getWorkflowStatistics = operation({
  operationId: 'getWorkflowStatistics',
  tag,
  summary: 'Count workflows',
  answers: {
    200: {
      description: 'How many there are, of which kinds',
      data: workflowStatistics,
      example: {
        totalWorkflows: 12,
        publishedCount: 4,
        draftCount: 3,
        byStatus: { active: 10, inactive: 1, deprecated: 1 },
        byCategory: { sales: 5, uncategorized: 7 },
        totalSize: 48_211,
      },
    },
  },
});

export const getWorkflow = operation({
  operationId: 'getWorkflow',
  tag,
  summary: 'Read a workflow',
  description: 'The document as it was given, with what the server keeps.',
  parameters: [workflowIdParameter],
  answers: {
    200: { description: 'The current revision', data: workflow, example: exampleWorkflow, headers: etag },
  },
  failures: [workflowNotFound],
});

export const getNodeStatistics = operation({
  operationId: 'getNodeStatistics',
  tag,
  summary: 'Read how the nodes of a workflow have run',
  description:
    'Over all executions and revisions so far, also of executions that have been deleted. It may lag a few seconds.',
  parameters: [workflowIdParameter],
  answers: {
    200: { description: 'The nodes of the current revision', data: nodeStatistics, example: exampleNodeStatistics },
  },
  failures: [workflowNotFound],
});

export const updateWorkflow = operation({
  operationId: 'updateWorkflow',
  tag,
  summary: 'Change a workflow',
  description:
    'Replaces the given top-level fields, each as a whole; null removes an optional one, and what is not named stays. A change of `nodes`, `edges`, `settings` or `version` makes a new revision; executions under way go on with theirs. `id`, `createdAt` and what the server keeps never change.',
  parameters: [workflowIdParameter, ifMatchRevision, actorHeader],
  body: {
    description: 'The fields to be replaced',
    schema: workflowChanges,
    examples: {
      settings: { summary: 'Other settings: a new revision', value: { settings: { timeout: 120_000 } } },
      remove: { summary: 'Without a description', value: { description: null } },
    },
  },
  answers: {
    200: { description: 'The workflow as it is now', data: workflowAnswer, example: exampleAnswer, headers: etag },
  },
  failures: [workflowNotFound, workflowChanged, invalidWorkflow],
});

export const deleteWorkflow = operation({
  operationId: 'deleteWorkflow',
  tag,
  summary: 'Delete a workflow',
  description:
    'Hides it. What is pending or runs goes on, and its executions stay readable. Created or imported again under the same id, its revisions go on counting.',
  parameters: [workflowIdParameter],
  answers: { 200: { description: 'It is deleted', data: nothing, example: null } },
  failures: [workflowNotFound],
});

export const cloneWorkflow = operation({
  operationId: 'cloneWorkflow',
  tag,
  summary: 'Copy a workflow',
  description: 'The copy has a new id and is a draft of version 1.0.0 that nobody has published or run.',
  parameters: [workflowIdParameter, actorHeader],
  body: {
    description: 'Its name, if it is to have one of its own',
    examples: { named: { summary: 'With a name', value: { newName: 'Order intake, second try' } } },
  },
  answers: {
    201: {
      description: 'The copy',
      data: workflowAnswer,
      example: { ...exampleAnswer, workflow: copyOf(exampleWorkflow) },
    },
  },
  failures: [workflowNotFound, invalidWorkflow],
});

function copyOf({ metadata, ...document }: JsonObject): JsonObject {
  return {
    ...document,
    id: 'wf_4f6Zk1Qm9sXb',
    revision: 1,
    name: 'Order intake, second try',
    version: { version: '1.0.0', isDraft: true },
    metadata: {
      ...(metadata as JsonObject),
      usageCount: 0,
      avgExecutionTime: 0,
      successRate: 0,
      lastExecutedAt: null,
    },
  };
}
