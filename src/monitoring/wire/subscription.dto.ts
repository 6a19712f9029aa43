import { Equals, IsBoolean, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Omittable } from '../../http/dto-rules.js';
import { LONGEST_CURSOR } from '../feed-cursor.js';
import { FeedQuery, STORABLE, UNSTORABLE } from './feed.query.js';

/** Characters. */
const LONGEST_ID = 2048;

/** In place of an execution's id: all of them. */
export const ALL = '*';

/** `subscribe` to one execution. */
export class SubscribeOneDto {
  @IsString()
  @Length(1, LONGEST_ID)
  @Matches(STORABLE, { message: UNSTORABLE })
  executionId!: string;

  /** The newest event that the client has seen: those after it are sent in place of a snapshot. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  afterSeq?: number;

  /** Several events at once, as `events`. */
  @IsBoolean()
  batch: boolean = false;
}

/** `subscribe` to all executions. */
export class SubscribeAllDto extends FeedQuery {
  @Equals(ALL)
  executionId!: typeof ALL;

  /** Of the last event that the client has seen: what was missed comes first. */
  @Omittable()
  @IsString()
  @Length(1, LONGEST_CURSOR)
  afterCursor?: string;

  /** Several events at once, as `events`. */
  @IsBoolean()
  batch: boolean = false;
}

/** `unsubscribe`. */
export class UnsubscribeDto {
  @IsString()
  @Length(1, LONGEST_ID)
  @Matches(STORABLE, { message: UNSTORABLE })
  executionId!: string;
}
