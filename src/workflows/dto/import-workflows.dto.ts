import { ArrayMaxSize, IsArray, IsBoolean } from 'class-validator';
import { Describe } from '../../http/dto-rules.js';
import type { JsonValue } from '../../engine/json.js';

/** Body of POST /workflows/import. */
export class ImportWorkflowsDto {
  @Describe('Documents, at most 10,000; each is checked by itself')
  @IsArray()
  @ArrayMaxSize(10_000)
  workflows!: JsonValue[];

  @Describe('A document whose id exists becomes a new revision of it; otherwise it is skipped')
  @IsBoolean()
  overwrite: boolean = false;

  @Describe('Says what would be done, and does nothing')
  @IsBoolean()
  dryRun: boolean = false;
}
