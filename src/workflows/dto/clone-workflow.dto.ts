import { IsString, Matches, MaxLength } from 'class-validator';
import { MAX_NAME_LENGTH } from '../../engine/definition/workflow-schema.js';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Body of POST /workflows/:id/clone. */
export class CloneWorkflowDto {
  @Describe('Name of the copy; absent: `<name> (Copy)`')
  @Omittable()
  @IsString()
  @MaxLength(MAX_NAME_LENGTH)
  @Matches(/\S/, { message: 'newName must not be blank' })
  newName?: string;
}
