import { Controller, Get } from '@nestjs/common';
import { workflowSchema } from '../engine/definition/workflow-schema.js';
import type { JsonObject } from '../engine/json.js';
import { Operation } from '../http/openapi/operation.js';
import { getWorkflowSchema } from './openapi/workflow-transfer.operations.js';

/** The format of workflow documents, for editors. */
@Controller('workflow-schema')
export class WorkflowSchemaController {
  @Get()
  @Operation(getWorkflowSchema)
  get(): JsonObject {
    return workflowSchema;
  }
}
