import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Length, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import type { JsonObject, JsonValue } from '../../engine/json.js';
import { Describe, IsAnyJson, IsFreeObject, MatchesSchema, Omittable } from '../../http/dto-rules.js';
import { TRIGGER_TYPES, type Trigger } from '../../engine/journal/events.js';
import { LATEST_TIME } from './latest-time.js';

/** What started the execution. */
export class TriggerDto {
  @Describe('What kind of start it was')
  @IsIn(TRIGGER_TYPES)
  type!: Trigger['type'];

  @Describe('Who started it')
  @Omittable()
  @IsString()
  @Length(1, 128)
  userId?: string;

  @Describe('Their name, for display')
  @Omittable()
  @IsString()
  @MaxLength(256)
  userName?: string;

  @Describe('Any JSON; input nodes merge it into their data')
  @Omittable()
  @IsAnyJson()
  data?: JsonValue;
}

/** What the execution starts with beside its trigger. */
export class ContextDto {
  @Describe('A name such as `production`, for expressions')
  @Omittable()
  @IsString()
  @MaxLength(256)
  environment?: string;

  @Describe("The execution's variables as they are at its start")
  @Omittable()
  @IsFreeObject()
  variables?: JsonObject;

  @Describe("The caller's own: kept and shown, never read by the engine")
  @Omittable()
  @IsFreeObject()
  metadata?: JsonObject;
}

/** Body of POST /executions. */
export class CreateExecutionDto {
  @Describe('What to run')
  @IsString()
  @Length(1, 128)
  workflowId!: string;

  @Describe('A revision of the workflow; absent: the current one')
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  revision?: number;

  @Describe('What started the execution; absent: `{ type: "api" }`')
  @Omittable()
  @ValidateNested()
  @Type(() => TriggerDto)
  trigger?: TriggerDto;

  @Describe('What the execution starts with beside its trigger')
  @Omittable()
  @ValidateNested()
  @Type(() => ContextDto)
  context?: ContextDto;

  @Describe(
    'Names and values to find it by: at most 20 texts of at most 256 characters, by names of 1 to 128 characters',
  )
  @Omittable()
  @MatchesSchema(
    {
      type: 'object',
      maxProperties: 20,
      propertyNames: { minLength: 1, maxLength: 128 },
      additionalProperties: { type: 'string', maxLength: 256, description: 'Value of the label' },
    },
    'must be an object of at most 20 texts, each of at most 256 characters under a name of 1 to 128 characters',
  )
  labels?: { [name: string]: string };

  @Describe('The higher one first when places are short')
  @IsInt()
  @Min(-100)
  @Max(100)
  priority: number = 0;

  @Describe('Epoch ms before which it does not start; absent: at once')
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  runAt?: number;
}
