import type { ExecutionRow } from '../../engine/journal/execution-row.js';
import { component, constant, list, nullable, optional, record, share, text } from '../../http/openapi/api-schema.js';
import { paginationFields } from '../../http/openapi/pagination.schema.js';
import type { ExecutionPage } from '../execution-history.js';
import { sharedFields, triggerHead } from './execution-parts.schema.js';

export const executionRow = component(
  'ExecutionRow',
  record<ExecutionRow>(
    {
      ...sharedFields,
      trigger: triggerHead,
      progress: share('(completed + skipped) / all nodes, and 1 once it has completed'),
      summary: nullable(text('One line: the error, or what it waits for; null for neither')),
    },
    'An execution in a list; it may lag a second',
  ),
);

export const executionList = record<ExecutionPage>({
  executions: list(executionRow, 'The rows of the page'),
  pagination: component(
    'ExecutionPagination',
    record<ExecutionPage['pagination']>(
      {
        ...paginationFields,
        totalIsExact: optional(constant(false, 'There are more than `total`, which is counted up to 10,000 alone')),
        nextCursor: optional(
          nullable(text('The `cursor` of the next page; null at the end, absent when a `page` was asked for')),
        ),
      },
      'Where in the list this page is',
    ),
  ),
});
