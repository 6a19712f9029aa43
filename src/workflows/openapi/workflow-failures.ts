import type { ValidationProblem } from '../../engine/definition/workflow-definition.js';
import { integer, list, optional, record, text } from '../../http/openapi/api-schema.js';
import { failure } from '../../http/openapi/failure.js';
import { validationErrors, validationWarnings } from './validation.schema.js';

const id = text('Id of the workflow');
const revision = integer('Number of a revision', { minimum: 1 });

export const workflowNotFound = failure('WorkflowNotFound', 'NOT_FOUND', {
  description: 'There is no such workflow, or it was deleted.',
  message: 'Workflow not found',
  details: { schema: record<{ id: string }>({ id }), example: { id: 'wf_orders' } },
});

export const workflowsNotFound = failure('WorkflowsNotFound', 'NOT_FOUND', {
  description: 'Some of the workflows do not exist.',
  message: 'These workflows do not exist: wf_orders',
  details: {
    schema: record<{ ids: string[] }>({ ids: list(text('Id of a workflow'), 'Those that do not exist') }),
    example: { ids: ['wf_orders'] },
  },
});

export const revisionNotFound = failure('RevisionNotFound', 'NOT_FOUND', {
  description: 'The workflow has no such revision.',
  message: 'Revision not found',
  details: {
    schema: record<{ id: string; revision: number }>({ id, revision }),
    example: { id: 'wf_orders', revision: 99 },
  },
});

export const workflowExists = failure('WorkflowExists', 'CONFLICT', {
  description: 'There is a workflow with this id already.',
  message: 'A workflow with the id "wf_orders" exists already',
  details: { schema: record<{ id: string }>({ id }), example: { id: 'wf_orders' } },
});

export const workflowChanged = failure('WorkflowChanged', 'CONFLICT', {
  description: 'Somebody else was faster: the workflow is at another revision than the one to be changed.',
  message: 'The workflow is at revision 4 by now, not 3: someone else was faster',
  details: {
    schema: record<{ id: string; revision?: number; expectedRevision?: number }>({
      id,
      revision: optional(integer('The present revision', { minimum: 1 })),
      expectedRevision: optional(integer('The one that the request named')),
    }),
    example: { id: 'wf_orders', revision: 4, expectedRevision: 3 },
  },
});

export const invalidWorkflow = failure('InvalidWorkflow', 'VALIDATION_FAILED', {
  description: 'The workflow is not valid; nothing was stored.',
  message: 'The workflow is not valid: nodes.1 has the id "receive", which nodes.0 has already',
  details: {
    schema: record<{ errors: ValidationProblem[]; warnings: ValidationProblem[] }>({
      errors: validationErrors,
      warnings: validationWarnings,
    }),
    example: {
      errors: [
        {
          code: 'DUPLICATE_NODE_ID',
          message: 'nodes.1 has the id "receive", which nodes.0 has already',
          nodeId: 'receive',
          field: 'id',
        },
      ],
      warnings: [],
    },
  },
});
