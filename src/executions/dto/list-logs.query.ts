import { IsBoolean, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import type { LogLevel } from '../../engine/ports.js';
import { Omittable } from '../../http/dto-rules.js';
import { LOG_LEVELS } from '../../repositories/log.repository.js';

/** Query of GET /executions/:id/logs. */
export class ListLogsQuery {
  /** This one and graver. */
  @Omittable()
  @IsIn(LOG_LEVELS)
  level?: LogLevel;

  @Omittable()
  @IsString()
  @Length(1, 128)
  nodeId?: string;

  /** Part of the message, upper and lower case alike. */
  @Omittable()
  @IsString()
  @MaxLength(1000)
  search?: string;

  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 100;

  /** The id of the last line that was seen. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;

  /** The newest lines instead of the oldest; not together with `after`. */
  @IsBoolean()
  tail: boolean = false;
}
