import { IsString, Length, MaxLength } from 'class-validator';
import type { JsonValue } from '../../engine/json.js';
import { jsonBytes } from '../../engine/json-size.js';
import { Describe, MatchesSchema, Omittable } from '../../http/dto-rules.js';

const MAX_STATE_BYTES = 64 * 1024;

/** Body of POST /executions/:id/checkpoints. */
export class CheckpointDto {
  @Describe('What to find it by')
  @Omittable()
  @IsString()
  @Length(1, 256)
  label?: string;

  @Describe('Any JSON to be kept with it, at most 64 KiB; shown as `state.custom`')
  @Omittable()
  @MatchesSchema(
    { rules: [(value) => jsonBytes(value as JsonValue) <= MAX_STATE_BYTES] },
    'must be at most 64 KiB as JSON',
  )
  state?: JsonValue;

  @Describe('Kept in the journal and shown in the history')
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;
}
