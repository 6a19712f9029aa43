import { Controller, Get } from '@nestjs/common';
import { workflowSchema } from '../engine/definition/workflow-schema.js';
import type { JsonObject } from '../engine/json.js';

/** The format of workflow documents, for editors. */
@Controller('workflow-schema')
export class WorkflowSchemaController {
  @Get()
  get(): JsonObject {
    return workflowSchema;
  }
}
