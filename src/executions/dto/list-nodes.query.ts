import { IsIn } from 'class-validator';
import type { NodeStatus } from '../../engine/state/execution-state.js';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { PageQuery } from '../../http/pagination.js';

/** Query of GET /executions/:id/nodes. */
export class ListNodesQuery extends PageQuery {
  @Describe('Only nodes in this status', 'failed')
  @Omittable()
  @IsIn(['pending', 'running', 'completed', 'failed', 'skipped'])
  status?: NodeStatus;
}
