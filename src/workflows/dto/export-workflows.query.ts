import { IsArray, IsString } from 'class-validator';
import { Omittable } from '../../http/dto-rules.js';

/** Query of GET /workflows/export. */
export class ExportWorkflowsQuery {
  /** A choice; absent: all. */
  @Omittable()
  @IsArray()
  @IsString({ each: true })
  ids?: string[];
}
