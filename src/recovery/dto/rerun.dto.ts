import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import type { JsonObject } from '../../engine/json.js';
import { TriggerDto } from '../../executions/dto/create-execution.dto.js';
import { Describe, IsFreeObject, Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/:id/rerun. What is absent is as it was. */
export class RerunDto {
  @Describe('In place of what started the old one')
  @Omittable()
  @ValidateNested()
  @Type(() => TriggerDto)
  trigger?: TriggerDto;

  @Describe('In place of the variables with which the old one began')
  @Omittable()
  @IsFreeObject()
  variables?: JsonObject;

  @Describe('In place of the revision that the old one runs')
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  revision?: number;

  @Describe('Kept in the journal of the new execution')
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;
}
