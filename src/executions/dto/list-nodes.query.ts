import { IsIn } from 'class-validator';
import type { NodeStatus } from '../../engine/state/execution-state.js';
import { Omittable } from '../../http/dto-rules.js';
import { PageQuery } from '../../http/pagination.js';

/** Query of GET /executions/:id/nodes. */
export class ListNodesQuery extends PageQuery {
  @Omittable()
  @IsIn(['pending', 'running', 'completed', 'failed', 'skipped'])
  status?: NodeStatus;
}
