import { IsInt, Max, Min } from 'class-validator';
import { Describe } from './dto-rules.js';

/** What a list's answer says of its pages. */
export interface Pagination {
  /** From 1. */
  page: number;
  pageSize: number;
  total: number;
  totalPages: number;
}

/** The query of a list with pages; extend it by the list's own filters. */
export class PageQuery {
  @Describe('Number of the page, from 1', 1)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page: number = 1;

  @Describe('Most rows of a page', 20)
  @IsInt()
  @Min(1)
  @Max(200)
  pageSize: number = 20;
}

/** How many rows come before the page. */
export function pageOffset({ page, pageSize }: PageQuery): number {
  return (page - 1) * pageSize;
}

export function pagination({ page, pageSize }: PageQuery, total: number): Pagination {
  return { page, pageSize, total, totalPages: Math.ceil(total / pageSize) };
}
