import { IsNumber, IsString, Length, Max, Min } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { LONGEST_CURSOR } from '../feed-cursor.js';
import { FeedQuery } from './feed.query.js';

/** Query of GET /events. */
export class PollEventsQuery extends FeedQuery {
  @Describe(
    'A `cursor`: what follows it is answered; absent: what comes from now on',
    'q2x7VVsxLDE3MDQzNTUyMDAwMDAsMCwiN2IxZC8wIiw0MTJd',
  )
  @Omittable()
  @IsString()
  @Length(1, LONGEST_CURSOR)
  after?: string;

  @Describe('When nothing follows yet, wait for it, at most so many seconds', 25)
  @IsNumber()
  @Min(0)
  @Max(30)
  wait: number = 0;
}
