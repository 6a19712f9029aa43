import { IsBoolean, IsIn, IsString, Length, MaxLength } from 'class-validator';
import { ROLLBACK_SCOPES, type RollbackScope } from '../../engine/recovery/planned-rollback.js';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/:id/rollback. */
export class RollbackDto {
  @Describe('The completed node to go back to: what came after it is undone', 'reserve')
  @Omittable()
  @IsString()
  @Length(1, 256)
  targetNodeId?: string;

  @Describe('In place of a node: everything is undone')
  @Omittable()
  @IsBoolean()
  toStart?: boolean;

  @Describe('`after`: all that came after the node; `dependants`: only what depends on it')
  @IsIn(ROLLBACK_SCOPES)
  scope: RollbackScope = 'after';

  @Describe(
    'Accept the warnings: what they name stays as it is, or is undone although nobody knows whether it happened',
  )
  @IsBoolean()
  force: boolean = false;

  @Describe('Says what would be undone, and changes nothing')
  @IsBoolean()
  dryRun: boolean = false;

  @Describe('The `hash` of the plan that you have seen: refused when there is another one by now')
  @Omittable()
  @IsString()
  @Length(1, 256)
  planHash?: string;

  @Describe('Kept in the journal and shown in the history')
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;
}
