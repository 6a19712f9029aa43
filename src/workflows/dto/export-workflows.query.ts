import { IsArray, IsString } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Query of GET /workflows/export. */
export class ExportWorkflowsQuery {
  @Describe('A choice, by their ids; absent: all', ['wf_orders'])
  @Omittable()
  @IsArray()
  @IsString({ each: true })
  ids?: string[];
}
