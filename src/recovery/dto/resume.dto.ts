import { IsBoolean, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import type { ConfigChanges } from '../../engine/definition/with-config.js';
import type { JsonObject } from '../../engine/json.js';
import { Describe, IsFreeObject, MatchesSchema, Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/:id/resume. */
export class ResumeDto {
  @Describe(
    'Of the completed nodes this one and all that depends on it run again, as a new run; all before it must have ended',
    'total',
  )
  @Omittable()
  @IsString()
  @Length(1, 256)
  fromNodeId?: string;

  @Describe('Set into the variables of this execution, name by name')
  @Omittable()
  @IsFreeObject()
  variables?: JsonObject;

  @Describe(
    'Set into the configs of nodes that will run, field by field, for this execution alone; by the id of the node',
  )
  @Omittable()
  @MatchesSchema(
    { type: 'object', additionalProperties: { type: 'object', description: 'Fields of its config' } },
    'must be an object of objects, by the ids of nodes',
  )
  config?: ConfigChanges;

  @Describe('Go on under this revision of the workflow; it may change what has not run yet')
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  workflowRevision?: number;

  @Describe('Says whether and from where it would go on, and changes nothing')
  @IsBoolean()
  dryRun: boolean = false;

  @Describe('Kept in the journal and shown in the history')
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;
}
