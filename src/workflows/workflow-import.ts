import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { ValidationProblem } from '../engine/definition/workflow-definition.js';
import { EngineError } from '../engine/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';
import { WorkflowRepository } from '../repositories/workflow.repository.js';
import { newWorkflowId, splitDocument, withDefaults } from './workflow-document.js';
import { failureMessage, WorkflowStorage } from './workflow-storage.js';

interface ImportOptions {
  /** An id that exists gets a new revision; otherwise it is skipped. */
  overwrite: boolean;
  /** Says what would be done, and does nothing. */
  dryRun: boolean;
  actor?: string;
}

/** A document that was not taken. */
interface ImportError {
  /** Place in the list that was sent. */
  index: number;
  id: string | null;
  message: string;
  /** The first 50. */
  problems?: ValidationProblem[];
}

/** What became of one document, or would become of it. */
interface ImportedDocument {
  index: number;
  id: string | null;
  name: string | null;
  action: 'created' | 'overwritten' | 'skipped' | 'failed';
}

export interface ImportAnswer {
  imported: number;
  skipped: number;
  errors: ImportError[];
  documents: ImportedDocument[];
}

/** Thousands of bad documents must not make an answer of gigabytes. */
const MAX_PROBLEMS = 50;

/** Takes documents in, each in a transaction of its own. */
@Injectable()
export class WorkflowImport {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly storage: WorkflowStorage,
  ) {}

  /** An invalid document is a row of `errors`; the others are imported. */
  async import(documents: readonly JsonValue[], options: ImportOptions): Promise<ImportAnswer> {
    const answer: ImportAnswer = { imported: 0, skipped: 0, errors: [], documents: [] };
    /** What a dry run has not written but a later document of the list would meet. */
    const taken = new Set<string>();
    for (const [index, document] of documents.entries()) {
      // Checking is synchronous: others get their turn between two documents.
      await nextTurn();
      const { id, name } = namesOf(document);
      try {
        const { action, id: writtenId } = await this.importOne(document, options, taken);
        if (action === 'skipped') answer.skipped += 1;
        else answer.imported += 1;
        answer.documents.push({ index, id: writtenId, name, action });
      } catch (error) {
        if (!(error instanceof EngineError) || error.code === 'SERVICE_UNAVAILABLE') throw error;
        answer.errors.push({ index, id, message: error.message, ...problemsOf(error) });
        answer.documents.push({ index, id, name, action: 'failed' });
      }
    }
    return answer;
  }

  private async importOne(
    document: JsonValue,
    { overwrite, dryRun, actor }: ImportOptions,
    taken: Set<string>,
  ): Promise<{ id: string | null; action: ImportedDocument['action'] }> {
    const { valid, errors, warnings, stats } = this.storage.validate(document);
    if (!valid || !isJsonObject(document)) {
      const details = { errors, warnings } as unknown as JsonObject;
      throw new EngineError('VALIDATION_FAILED', failureMessage(errors), details);
    }
    const givenId = document.id as string | undefined;
    if (dryRun) {
      const exists = givenId !== undefined && (taken.has(givenId) || (await this.workflows.exists(givenId)));
      if (givenId !== undefined) taken.add(givenId);
      return { id: givenId ?? null, action: actionFor(exists, overwrite) };
    }
    const id = givenId ?? newWorkflowId();
    const now = Date.now();
    const complete = withDefaults(document);
    const created = await this.workflows.create(id, splitDocument(complete, stats), {
      now,
      createdAt: creationOf(complete) ?? now,
      author: actor ?? (complete.author as string | undefined),
    });
    if (!created && overwrite) await this.storage.overwrite(id, document, actor);
    return { id, action: actionFor(!created, overwrite) };
  }
}

/** Epoch ms. A leap second is a valid time that Date does not know. */
function creationOf({ createdAt }: JsonObject): number | undefined {
  const time = typeof createdAt === 'string' ? Date.parse(createdAt) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function actionFor(exists: boolean, overwrite: boolean): ImportedDocument['action'] {
  if (!exists) return 'created';
  return overwrite ? 'overwritten' : 'skipped';
}

function namesOf(document: JsonValue): { id: string | null; name: string | null } {
  const { id, name } = isJsonObject(document) ? document : {};
  return { id: typeof id === 'string' ? id : null, name: typeof name === 'string' ? name : null };
}

function problemsOf({ details }: EngineError): { problems?: ValidationProblem[] } {
  const errors = isJsonObject(details) ? details.errors : undefined;
  if (!Array.isArray(errors)) return {};
  return { problems: (errors as unknown as ValidationProblem[]).slice(0, MAX_PROBLEMS) };
}
