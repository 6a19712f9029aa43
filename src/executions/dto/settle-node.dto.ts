import { IsIn, IsString, Length } from 'class-validator';
import { SETTLED_STATUSES, type SettledStatus } from '../../engine/journal/events.js';
import type { JsonObject } from '../../engine/json.js';
import { Describe, IsFreeObject, Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/:id/nodes/:nodeId/settle. */
export class SettleNodeDto {
  @Describe(
    'What became of it: `completed`, its edges go by `outputs` and `port`; `skipped`, its edges are dead; `pending`, it did not happen and runs again under a new key',
  )
  @IsIn(SETTLED_STATUSES)
  status!: SettledStatus;

  @Describe('With `completed`: what it gave, at most 10 MiB as JSON; {} when absent')
  @Omittable()
  @IsFreeObject()
  outputs?: JsonObject;

  @Describe('With `completed`, of a node that branches: the branch that it chose')
  @Omittable()
  @IsString()
  @Length(1, 256)
  port?: string;

  @Describe('How you know; kept in the journal and shown in the history')
  @IsString()
  @Length(1, 10_000)
  reason!: string;
}
