import type { Pagination } from '../pagination.js';
import { component, count, fieldsOf, integer, record } from './api-schema.js';

/** What any list says of its pages. */
export const paginationFields = fieldsOf<Pagination>({
  page: integer('From 1', { minimum: 1 }),
  pageSize: integer('Most rows of a page', { minimum: 1, maximum: 200 }),
  total: count('Rows of all pages'),
  totalPages: count('Pages'),
});

export const pagination = component(
  'Pagination',
  record<Pagination>(paginationFields, 'Where in the list this page is'),
);
