import { TAGS } from '../../http/openapi/api-overview.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { operation } from '../../http/openapi/operation.js';
import { revisionDifference, revisionList } from './revision.schema.js';
import { workflowAnswer } from './workflow-answers.schema.js';
import { exampleAnswer, exampleWorkflow } from './workflow-examples.js';
import { invalidWorkflow, revisionNotFound, workflowChanged, workflowNotFound } from './workflow-failures.js';
import { ifMatchRevision, revisionParameter, workflowIdParameter } from './workflow-parameters.js';
import { workflow } from './workflow.schema.js';

const tag = TAGS.revisions.name;
const revision = revisionParameter('revision', 'Number of the revision', '2');

export const listRevisions = operation({
  operationId: 'listRevisions',
  tag,
  summary: 'List the revisions of a workflow',
  description: 'The newest first. A revision is kept as long as an execution names it.',
  parameters: [workflowIdParameter],
  answers: {
    200: {
      description: 'All revisions',
      data: revisionList,
      example: {
        versions: [
          {
            revision: 2,
            version: '1.1.0',
            changelog: 'Free shipping from 50',
            author: 'Zoë',
            createdAt: '2024-01-03T16:12:45.120Z',
            totalNodes: 3,
          },
          {
            revision: 1,
            version: '1.0.0',
            changelog: null,
            author: null,
            createdAt: '2024-01-01T09:30:00.000Z',
            totalNodes: 2,
          },
        ],
        count: 2,
      },
    },
  },
  failures: [workflowNotFound],
});

export const getRevision = operation({
  operationId: 'getRevision',
  tag,
  summary: 'Read a revision',
  description: 'The document as it is now, with the nodes, edges, settings and version of the revision.',
  parameters: [workflowIdParameter, revision],
  answers: {
    200: { description: 'The document', data: workflow, example: { ...exampleWorkflow, revision: 2 } },
  },
  failures: [workflowNotFound, revisionNotFound],
});

export const restoreRevision = operation({
  operationId: 'restoreRevision',
  tag,
  summary: 'Restore a revision',
  description: 'Makes a new revision with the old content; nothing of the history is lost.',
  parameters: [workflowIdParameter, revision, ifMatchRevision, actorHeader],
  answers: {
    200: { description: 'The workflow as it is now', data: workflowAnswer, example: exampleAnswer },
  },
  failures: [workflowNotFound, revisionNotFound, workflowChanged, invalidWorkflow],
});

export const compareRevisions = operation({
  operationId: 'compareRevisions',
  tag,
  summary: 'Compare two revisions',
  parameters: [
    workflowIdParameter,
    revisionParameter('a', 'Number of the first revision', '1'),
    revisionParameter('b', 'Number of the second revision', '2'),
  ],
  answers: {
    200: {
      description: 'What has to be changed in `a` to get `b`',
      data: revisionDifference,
      example: {
        from: 1,
        to: 2,
        nodes: {
          added: ['total'],
          removed: [],
          changed: [{ id: 'done', paths: ['config.value.freeShipping'] }],
        },
        edges: { added: ['receive-total', 'total-done'], removed: ['receive-done'], changed: [] },
        settings: ['timeout'],
        version: ['version', 'changelog'],
      },
    },
  },
  failures: [workflowNotFound, revisionNotFound],
});
