import { IsArray, IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';
import type { WorkflowStatus } from '../../engine/definition/workflow-definition.js';
import { Omittable } from '../../http/dto-rules.js';
import { PageQuery } from '../../http/pagination.js';
import type { WorkflowSort } from '../../repositories/workflow-list.repository.js';

/** Query of GET /workflows. */
export class ListWorkflowsQuery extends PageQuery {
  /** Any of these. */
  @Omittable()
  @IsArray()
  @IsString({ each: true })
  tags?: string[];

  @Omittable()
  @IsString()
  category?: string;

  @Omittable()
  @IsIn(['active', 'inactive', 'deprecated'])
  status?: WorkflowStatus;

  @Omittable()
  @IsBoolean()
  publishedOnly?: boolean;

  @Omittable()
  @IsString()
  author?: string;

  /** Part of the name or the description, upper and lower case alike. */
  @Omittable()
  @IsString()
  @MaxLength(1000)
  search?: string;

  @IsIn(['name', 'createdAt', 'updatedAt', 'usageCount'])
  sortBy: WorkflowSort = 'updatedAt';

  @IsIn(['asc', 'desc'])
  sortOrder: 'asc' | 'desc' = 'desc';
}
