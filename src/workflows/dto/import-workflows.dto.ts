import { ArrayMaxSize, IsArray, IsBoolean } from 'class-validator';
import type { JsonValue } from '../../engine/json.js';

/** Body of POST /workflows/import. */
export class ImportWorkflowsDto {
  /** Documents, at most 10,000; each is checked on its own. */
  @IsArray()
  @ArrayMaxSize(10_000)
  workflows!: JsonValue[];

  /** A document whose id exists becomes a new revision of it; otherwise it is skipped. */
  @IsBoolean()
  overwrite: boolean = false;

  /** Says what would be done, and does nothing. */
  @IsBoolean()
  dryRun: boolean = false;
}
