import { list, integer, record, text } from '../../http/openapi/api-schema.js';
import { failure } from '../../http/openapi/failure.js';

const nodes = (description: string) => list(text('Id of a node'), description);

export const noSuchRevision = failure('NoSuchRevision', 'NOT_FOUND', {
  description: 'The workflow has no such revision.',
  message: 'Workflow revision not found',
  details: {
    schema: record<{ id: string; revision: number }>({
      id: text('Id of the workflow'),
      revision: integer('The revision that it does not have'),
    }),
    example: { id: 'wf_orders', revision: 99 },
  },
});

export const dependenciesOpen = failure('DependenciesOpen', 'CONFLICT', {
  description: 'Something that the node depends on has not ended, or runs again itself.',
  message: 'It cannot begin with done: what that depends on has not ended, or runs again itself',
  details: {
    schema: record<{ nodes: string[] }>({ nodes: nodes('Which ones, in the order of the graph') }),
    example: { nodes: ['total'] },
  },
});

export const revisionIncompatible = failure('RevisionIncompatible', 'REVISION_INCOMPATIBLE', {
  description: 'The revision changes, or has no more, what has run already.',
  message: 'Revision 2 changes what has run already: receive',
  details: {
    schema: record<{ revision: number; nodes: string[] }>({
      revision: integer('The revision that was asked for'),
      nodes: nodes('Which ones'),
    }),
    example: { revision: 2, nodes: ['receive'] },
  },
});

export const nothingToMark = failure('NothingToMark', 'CONFLICT', {
  description: 'No node has completed yet.',
  message: 'No node has completed yet: there is nothing to mark',
});
