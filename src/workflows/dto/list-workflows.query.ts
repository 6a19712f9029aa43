import { IsArray, IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';
import type { WorkflowStatus } from '../../engine/definition/workflow-definition.js';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { PageQuery } from '../../http/pagination.js';
import type { WorkflowSort } from '../../repositories/workflow-list.repository.js';

/** Query of GET /workflows. */
export class ListWorkflowsQuery extends PageQuery {
  @Describe('With any of these tags', ['orders', 'demo'])
  @Omittable()
  @IsArray()
  @IsString({ each: true })
  tags?: string[];

  @Describe('Of this category', 'sales')
  @Omittable()
  @IsString()
  category?: string;

  @Describe('In this status', 'active')
  @Omittable()
  @IsIn(['active', 'inactive', 'deprecated'])
  status?: WorkflowStatus;

  @Describe('Only those with isPublished', true)
  @Omittable()
  @IsBoolean()
  publishedOnly?: boolean;

  @Describe('By this author', 'Zoë')
  @Omittable()
  @IsString()
  author?: string;

  @Describe('Part of the name or the description, upper and lower case alike', 'order')
  @Omittable()
  @IsString()
  @MaxLength(1000)
  search?: string;

  @Describe('What decides the order', 'name')
  @IsIn(['name', 'createdAt', 'updatedAt', 'usageCount'])
  sortBy: WorkflowSort = 'updatedAt';

  @Describe('Ascending or descending', 'asc')
  @IsIn(['asc', 'desc'])
  sortOrder: 'asc' | 'desc' = 'desc';
}
