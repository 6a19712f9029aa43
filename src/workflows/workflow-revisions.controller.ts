import { Controller, Get, Headers, HttpCode, Param, Post } from '@nestjs/common';
import type { JsonObject } from '../engine/json.js';
import { Actor } from '../http/actor.js';
import { Message } from '../http/envelope.js';
import { expectedRevision } from './expected-revision.js';
import { type RevisionRow, WorkflowRevisions, type RevisionDifference } from './workflow-revisions.js';
import type { WorkflowAnswer } from './workflow-storage.js';
import { Operation } from '../http/openapi/operation.js';
import * as operations from './openapi/workflow-revisions.operations.js';

/** The history of a workflow's document. */
@Controller('workflows/:id/versions')
export class WorkflowRevisionsController {
  constructor(private readonly revisions: WorkflowRevisions) {}

  @Get()
  @Operation(operations.listRevisions)
  async list(@Param('id') id: string): Promise<{ versions: RevisionRow[]; count: number }> {
    const versions = await this.revisions.list(id);
    return { versions, count: versions.length };
  }

  @Get(':revision')
  @Operation(operations.getRevision)
  get(@Param('id') id: string, @Param('revision') revision: string): Promise<JsonObject> {
    return this.revisions.document(id, revision);
  }

  @Post(':revision/restore')
  @Operation(operations.restoreRevision)
  @HttpCode(200)
  @Message('Revision restored successfully')
  restore(
    @Param('id') id: string,
    @Param('revision') revision: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<WorkflowAnswer> {
    return this.revisions.restore(id, revision, { actor, expectedRevision: expectedRevision(ifMatch) });
  }

  @Get(':a/diff/:b')
  @Operation(operations.compareRevisions)
  compare(@Param('id') id: string, @Param('a') a: string, @Param('b') b: string): Promise<RevisionDifference> {
    return this.revisions.compare(id, a, b);
  }
}
