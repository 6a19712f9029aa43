import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Query of GET /executions/:id. */
export class GetExecutionQuery {
  @Describe('`light`: without inputs, outputs and checkpoints', 'light')
  @Omittable()
  @IsIn(['light'])
  nodes?: 'light';

  @Describe('The record as it stood after this event', 3)
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(2_147_483_646)
  atSeq?: number;
}
