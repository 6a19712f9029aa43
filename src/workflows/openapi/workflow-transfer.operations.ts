import { TAGS } from '../../http/openapi/api-overview.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { freeObject } from '../../http/openapi/api-schema.js';
import { operation } from '../../http/openapi/operation.js';
import { workflowSchema } from '../../engine/definition/workflow-schema.js';
import type { JsonObject } from '../../engine/json.js';
import { exportedWorkflows, importAnswer } from './workflow-answers.schema.js';
import { exampleDocument, exampleWorkflow, invalidDocument } from './workflow-examples.js';
import { workflowsNotFound } from './workflow-failures.js';

const tag = TAGS.workflows.name;

export const exportWorkflows = operation({
  operationId: 'exportWorkflows',
  tag,
  summary: 'Export workflows',
  description: 'The current revision of each, streamed. What comes out can be imported as it is.',
  answers: {
    200: {
      description: 'All documents, or the chosen ones',
      data: exportedWorkflows,
      example: { workflows: [exampleWorkflow], count: 1 },
      message: 'Workflows exported successfully',
    },
  },
  failures: [workflowsNotFound],
});

export const importWorkflows = operation({
  operationId: 'importWorkflows',
  tag,
  summary: 'Import workflows',
  description:
    'Each document is stored by itself: an invalid one is a row of `errors`, the others are imported. One whose id exists is skipped, or with `overwrite` becomes a new revision. What a document says of its usage is ignored, its `createdAt` is kept. The body may have 128 MiB.',
  parameters: [actorHeader],
  body: {
    description: 'The documents, and what to do about those that exist',
    examples: {
      try: {
        summary: 'See what would be done',
        value: { workflows: [exampleDocument, invalidDocument], overwrite: true, dryRun: true },
      },
    },
  },
  answers: {
    200: {
      description: 'What became of each document',
      data: importAnswer,
      example: {
        imported: 1,
        skipped: 0,
        errors: [
          {
            index: 1,
            id: null,
            message: 'The workflow is not valid: target names "nowhere", which is no node',
            problems: [
              {
                code: 'INVALID_TARGET_NODE',
                message: 'target names "nowhere", which is no node',
                field: 'edges.0.target',
              },
            ],
          },
        ],
        documents: [
          { index: 0, id: 'wf_orders', name: 'Order intake', action: 'overwritten' },
          { index: 1, id: null, name: 'Broken', action: 'failed' },
        ],
      },
    },
  },
});

export const getWorkflowSchema = operation<JsonObject>({
  operationId: 'getWorkflowSchema',
  tag,
  summary: 'Read the format of workflows',
  description:
    'A JSON Schema (2020-12), for editors. Whether a document can be run is decided by the validation, which looks further.',
  answers: {
    200: {
      description: 'The JSON Schema of workflow documents',
      data: freeObject('JSON Schema (2020-12)'),
      example: { $schema: workflowSchema.$schema, title: workflowSchema.title, type: 'object', properties: {} },
    },
  },
});
