import { Injectable } from '@nestjs/common';
import { withConfig } from '../engine/definition/with-config.js';
import { withContent } from '../engine/definition/with-content.js';
import { EngineError } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { WorkflowRepository } from '../repositories/workflow.repository.js';
import { executionNotFound } from './execution-not-found.js';

/** What executions run: the revisions that they have pinned. */
@Injectable()
export class ExecutionDefinition {
  constructor(
    private readonly folds: ExecutionFolds,
    private readonly workflows: WorkflowRepository,
  ) {}

  /**
   * The document with the content of the execution's revision, the configs that were corrected for it and the name that it
   * had then, whatever became of the workflow since; what no revision holds (description, metadata, status) is as it is now.
   * @throws EngineError NOT_FOUND
   */
  async get(executionId: string): Promise<JsonObject> {
    const state = await this.folds.load(executionId);
    if (!state) throw executionNotFound(executionId);
    const { workflowId: id, revision, workflowName: name, configChanges } = state;
    const found = await this.workflows.findRevision(id, revision);
    if (!found) throw new EngineError('NOT_FOUND', 'Workflow revision not found', { id, revision });
    return withContent({ id, revision, ...found.head, name }, withConfig(found.content, configChanges));
  }
}
