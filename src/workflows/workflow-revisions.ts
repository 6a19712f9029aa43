import { Injectable } from '@nestjs/common';
import { compareRevisions, type RevisionChanges } from '../engine/definition/compare-revisions.js';
import { withContent } from '../engine/definition/with-content.js';
import { EngineError, invalidParams } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import { WorkflowRepository, type RevisionSummary, type StoredRevision } from '../repositories/workflow.repository.js';
import { isoTime, joinDocument } from './workflow-document.js';
import { WorkflowStorage, type ChangeRequest, type WorkflowAnswer } from './workflow-storage.js';

/** What separates one revision from another. */
export interface RevisionDifference extends RevisionChanges {
  from: number;
  to: number;
}

/** A revision as the list shows it; `createdAt` is ISO 8601, as in the documents. */
export type RevisionRow = Omit<RevisionSummary, 'createdAt'> & { createdAt: string };

/** Largest number that the database's column holds. */
const MAX_REVISION = 2 ** 31 - 1;

/** The history of a workflow. Every method throws EngineError NOT_FOUND, and INVALID_PARAMS for what is no revision's number. */
@Injectable()
export class WorkflowRevisions {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly storage: WorkflowStorage,
  ) {}

  /** Newest first. */
  async list(id: string): Promise<RevisionRow[]> {
    await this.storage.get(id);
    const rows = await this.workflows.listRevisions(id);
    return rows.map((row) => ({ ...row, createdAt: isoTime(row.createdAt) }));
  }

  /** The document as it is now, with the content of the revision. */
  async document(id: string, revision: string): Promise<JsonObject> {
    const current = await this.storage.get(id);
    const found = await this.find(id, 'revision', revision);
    return { ...withContent(joinDocument(current), found.content), revision: found.revision };
  }

  /** @throws EngineError VALIDATION_FAILED when the old content is no longer valid, CONFLICT */
  async restore(id: string, revision: string, request: ChangeRequest): Promise<WorkflowAnswer> {
    const { content } = await this.find(id, 'revision', revision);
    return this.storage.setContent(id, content, request);
  }

  /** What has to be changed in `a` to get `b`. */
  async compare(id: string, a: string, b: string): Promise<RevisionDifference> {
    const [before, after] = [await this.find(id, 'a', a), await this.find(id, 'b', b)];
    return { from: before.revision, to: after.revision, ...compareRevisions(before.content, after.content) };
  }

  private async find(id: string, field: string, text: string): Promise<StoredRevision> {
    const revision = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (revision < 1 || revision > MAX_REVISION) {
      throw invalidParams([{ field, message: `${field} must be the number of a revision, from 1` }]);
    }
    const found = await this.workflows.findRevision(id, revision);
    const isThere = found ? !found.isDeleted : await this.workflows.exists(id);
    if (!isThere) throw new EngineError('NOT_FOUND', 'Workflow not found', { id });
    if (!found) throw new EngineError('NOT_FOUND', 'Revision not found', { id, revision });
    return found;
  }
}
