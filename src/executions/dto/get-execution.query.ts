import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Omittable } from '../../http/dto-rules.js';

/** Query of GET /executions/:id. */
export class GetExecutionQuery {
  /** `light`: without inputs, outputs and checkpoints. */
  @Omittable()
  @IsIn(['light'])
  nodes?: 'light';

  /** The record as it stood after this event. */
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(2_147_483_646)
  atSeq?: number;
}
