import { IsIn } from 'class-validator';
import { NODE_STATUSES, type NodeStatus } from '../../engine/state/execution-state.js';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { PageQuery } from '../../http/pagination.js';

/** Query of GET /executions/:id/nodes. */
export class ListNodesQuery extends PageQuery {
  @Describe('Only nodes in this status', 'failed')
  @Omittable()
  @IsIn(NODE_STATUSES)
  status?: NodeStatus;
}
