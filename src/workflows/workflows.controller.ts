import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { invalidParams } from '../engine/errors.js';
import type { ValidationResult } from '../engine/definition/workflow-definition.js';
import type { JsonObject, JsonValue } from '../engine/json.js';
import { Actor } from '../http/actor.js';
import { Answer, BodyLimit, Message } from '../http/envelope.js';
import type { WorkflowStatistics } from '../repositories/workflow-list.repository.js';
import { CloneWorkflowDto } from './dto/clone-workflow.dto.js';
import { ExportWorkflowsQuery } from './dto/export-workflows.query.js';
import { ImportWorkflowsDto } from './dto/import-workflows.dto.js';
import { ListWorkflowsQuery } from './dto/list-workflows.query.js';
import { expectedRevision } from './expected-revision.js';
import { NodeStatistics, type NodeStatisticsList } from './node-statistics.js';
import { WorkflowCatalog, type WorkflowList } from './workflow-catalog.js';
import { joinDocument } from './workflow-document.js';
import { WorkflowImport, type ImportAnswer } from './workflow-import.js';
import { WorkflowStorage, type WorkflowAnswer } from './workflow-storage.js';
import { ShowsCursor } from '../http/cursor-header.js';
import { Operation } from '../http/openapi/operation.js';
import * as operations from './openapi/workflows.operations.js';
import * as transfers from './openapi/workflow-transfer.operations.js';

const IMPORT_LIMIT = 128 * 1024 * 1024;

/** The documents. Bodies that are documents are checked by the validator of the format, not by a DTO. */
@Controller('workflows')
export class WorkflowsController {
  constructor(
    private readonly storage: WorkflowStorage,
    private readonly catalog: WorkflowCatalog,
    private readonly importer: WorkflowImport,
    private readonly nodes: NodeStatistics,
  ) {}

  @Post()
  @Operation(operations.createWorkflow)
  @Message('Workflow created successfully')
  create(@Body() document: JsonValue, @Actor() actor: string | undefined): Promise<WorkflowAnswer> {
    return this.storage.create(given(document), actor);
  }

  @Get()
  @Operation(operations.listWorkflows)
  @ShowsCursor()
  list(@Query() query: ListWorkflowsQuery): Promise<WorkflowList> {
    return this.catalog.list(query);
  }

  @Post('validate')
  @Operation(operations.validateWorkflow)
  @HttpCode(200)
  @Message('Workflow validated')
  validate(@Body() document: JsonValue): Promise<ValidationResult> {
    return this.storage.examine(given(document));
  }

  @Get('stats')
  @Operation(operations.getWorkflowStatistics)
  statistics(): Promise<WorkflowStatistics> {
    return this.catalog.statistics();
  }

  @Get('export')
  @Operation(transfers.exportWorkflows)
  async export(@Query() { ids }: ExportWorkflowsQuery): Promise<StreamableFile> {
    return new StreamableFile(await this.catalog.export(ids), { type: 'application/json; charset=utf-8' });
  }

  @Post('import')
  @Operation(transfers.importWorkflows)
  @HttpCode(200)
  @BodyLimit(IMPORT_LIMIT)
  @Message('Workflows imported')
  async import(@Body() body: ImportWorkflowsDto, @Actor() actor: string | undefined): Promise<Answer> {
    const { workflows, overwrite, dryRun } = body;
    const outcome: ImportAnswer = await this.importer.import(workflows, { overwrite, dryRun, actor });
    return new Answer(outcome, dryRun ? 'Nothing was imported: it was a dry run' : undefined);
  }

  @Get(':id')
  @Operation(operations.getWorkflow)
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<JsonObject> {
    const workflow = await this.storage.get(id);
    void reply.header('etag', etag(workflow));
    return joinDocument(workflow);
  }

  @Get(':id/node-stats')
  @Operation(operations.getNodeStatistics)
  nodeStatistics(@Param('id') id: string): Promise<NodeStatisticsList> {
    return this.nodes.ofWorkflow(id);
  }

  @Put(':id')
  @Operation(operations.updateWorkflow)
  @Message('Workflow updated successfully')
  async update(
    @Param('id') id: string,
    @Body() changes: JsonValue,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkflowAnswer> {
    const request = { actor, expectedRevision: expectedRevision(ifMatch, changes) };
    const answer = await this.storage.update(id, given(changes), request);
    void reply.header('etag', etag(answer.workflow));
    return answer;
  }

  @Delete(':id')
  @Operation(operations.deleteWorkflow)
  @Message('Workflow deleted successfully')
  async delete(@Param('id') id: string): Promise<null> {
    await this.storage.delete(id);
    return null;
  }

  @Post(':id/clone')
  @Operation(operations.cloneWorkflow)
  @Message('Workflow cloned successfully')
  clone(
    @Param('id') id: string,
    @Body() { newName }: CloneWorkflowDto,
    @Actor() actor: string | undefined,
  ): Promise<WorkflowAnswer> {
    return this.storage.clone(id, newName, actor);
  }
}

function etag({ revision }: { revision?: JsonValue }): string {
  return `"${revision as number}"`;
}

/** A request without a body has no document. */
function given(body: JsonValue | undefined): JsonValue {
  if (body === undefined) throw invalidParams([{ field: '', message: 'A body is needed: the workflow as JSON' }]);
  return body;
}
