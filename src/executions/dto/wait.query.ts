import { IsInt, Max, Min } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Query of POST /executions. */
export class WaitQuery {
  @Describe('Answer when the execution has ended, at the latest after so many ms; absent: at once', 5000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(30_000)
  wait?: number;
}
