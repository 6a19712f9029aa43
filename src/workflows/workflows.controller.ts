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
import { BodyLimit, Message } from '../http/envelope.js';
import type { WorkflowStatistics } from '../repositories/workflow-list.repository.js';
import { CloneWorkflowDto } from './dto/clone-workflow.dto.js';
import { ExportWorkflowsQuery } from './dto/export-workflows.query.js';
import { ImportWorkflowsDto } from './dto/import-workflows.dto.js';
import { ListWorkflowsQuery } from './dto/list-workflows.query.js';
import { expectedRevision } from './expected-revision.js';
import { WorkflowCatalog, type WorkflowList } from './workflow-catalog.js';
import { joinDocument } from './workflow-document.js';
import { WorkflowImport, type ImportAnswer } from './workflow-import.js';
import { WorkflowStorage, type WorkflowAnswer } from './workflow-storage.js';

const IMPORT_LIMIT = 128 * 1024 * 1024;

/** The documents. Bodies that are documents are checked by the validator of the format, not by a DTO. */
@Controller('workflows')
export class WorkflowsController {
  constructor(
    private readonly storage: WorkflowStorage,
    private readonly catalog: WorkflowCatalog,
    private readonly importer: WorkflowImport,
  ) {}

  @Post()
  @Message('Workflow created successfully')
  create(@Body() document: JsonValue, @Actor() actor: string | undefined): Promise<WorkflowAnswer> {
    return this.storage.create(given(document), actor);
  }

  @Get()
  list(@Query() query: ListWorkflowsQuery): Promise<WorkflowList> {
    return this.catalog.list(query);
  }

  @Post('validate')
  @HttpCode(200)
  @Message('Workflow validated')
  validate(@Body() document: JsonValue): ValidationResult {
    return this.storage.validate(given(document));
  }

  @Get('stats')
  statistics(): Promise<WorkflowStatistics> {
    return this.catalog.statistics();
  }

  @Get('export')
  async export(@Query() { ids }: ExportWorkflowsQuery): Promise<StreamableFile> {
    return new StreamableFile(await this.catalog.export(ids), { type: 'application/json; charset=utf-8' });
  }

  @Post('import')
  @HttpCode(200)
  @BodyLimit(IMPORT_LIMIT)
  @Message('Workflows imported')
  import(@Body() body: ImportWorkflowsDto, @Actor() actor: string | undefined): Promise<ImportAnswer> {
    return this.importer.import(body.workflows, { overwrite: body.overwrite, dryRun: body.dryRun, actor });
  }

  @Get(':id')
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<JsonObject> {
    const workflow = await this.storage.get(id);
    void reply.header('etag', etag(workflow));
    return joinDocument(workflow);
  }

  @Put(':id')
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
  @Message('Workflow deleted successfully')
  async delete(@Param('id') id: string): Promise<null> {
    await this.storage.delete(id);
    return null;
  }

  @Post(':id/clone')
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
