import { IsBoolean, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { LOG_LEVELS, type LogLevel } from '../../engine/ports.js';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Query of GET /executions/:id/logs. */
export class ListLogsQuery {
  @Describe('This level and graver ones', 'warn')
  @Omittable()
  @IsIn(LOG_LEVELS)
  level?: LogLevel;

  @Describe('Only lines of this node', 'total')
  @Omittable()
  @IsString()
  @Length(1, 128)
  nodeId?: string;

  @Describe('Part of the message, upper and lower case alike', 'retry')
  @Omittable()
  @IsString()
  @MaxLength(1000)
  search?: string;

  @Describe('Most lines of the answer', 100)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 100;

  @Describe('The id of the last line that was seen', 12)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;

  @Describe('The id of the first line that was seen: the newest `limit` before it, still the oldest first', 80)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  before?: number;

  @Describe('The newest lines instead of the oldest; only one of `after`, `before` and `tail`', true)
  @IsBoolean()
  tail: boolean = false;
}
