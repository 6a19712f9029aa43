import { IsString, Length } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { LONGEST_CURSOR } from '../feed-cursor.js';
import { FeedQuery } from './feed.query.js';

/** Query of GET /events/stream. */
export class StreamEventsQuery extends FeedQuery {
  @Describe(
    'A `cursor`: what follows it comes first. The header Last-Event-ID says it too, and counts when both are there',
    'q2x7VVsxLDE3MDQzNTUyMDAwMDAsMCwiN2IxZC8wIiw0MTJd',
  )
  @Omittable()
  @IsString()
  @Length(1, LONGEST_CURSOR)
  after?: string;
}
