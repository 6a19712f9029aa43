import { Injectable } from '@nestjs/common';
import { validateWorkflow } from '../engine/definition/validate-workflow.js';
import { withContent } from '../engine/definition/with-content.js';
import type {
  RevisionContent,
  ValidationProblem,
  ValidationResult,
  WorkflowStats,
} from '../engine/definition/workflow-definition.js';
import { EngineError, invalidParams } from '../engine/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { contentText, type StoredWorkflow } from '../repositories/workflow-rows.js';
import { WorkflowRepository } from '../repositories/workflow.repository.js';
import { WorkflowEstimates } from './workflow-estimates.js';
import { copyOf, joinDocument, newWorkflowId, splitDocument, withChanges, withDefaults } from './workflow-document.js';

/** What a change of a workflow answers. */
export interface WorkflowAnswer {
  workflow: JsonObject;
  stats: WorkflowStats;
  warnings: ValidationProblem[];
}

/** Who asks, and from which state. */
export interface ChangeRequest {
  actor?: string;
  /** The revision that the caller has seen; absent: whichever it is. */
  expectedRevision?: number;
}

/** Changes that others make at the same time and that do not touch ours are waited out so often. */
const MAX_TRIES = 50;

/** Workflow documents: checked, stored, changed and copied. */
@Injectable()
export class WorkflowStorage {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly catalog: NodeRegistry,
    private readonly estimates: WorkflowEstimates,
  ) {}

  validate(document: JsonValue): ValidationResult {
    return validateWorkflow(document, this.catalog);
  }

  /** The same, with what the history of the workflow says of how long it takes. */
  async examine(document: JsonValue): Promise<ValidationResult> {
    const result = this.validate(document);
    if (!result.valid || !isJsonObject(document) || typeof document.id !== 'string') return result;
    const { nodes, edges } = document as JsonObject & RevisionContent;
    return { ...result, stats: await this.estimates.complete(document.id, { nodes, edges }, result.stats) };
  }

  /** @throws EngineError VALIDATION_FAILED, CONFLICT when the id exists */
  async create(document: JsonValue, actor?: string): Promise<WorkflowAnswer> {
    const result = this.check(document);
    const given = withDefaults(document as JsonObject);
    const id = (given.id as string | undefined) ?? newWorkflowId();
    const created = await this.workflows.create(id, splitDocument(given, result.stats), {
      now: Date.now(),
      author: authorOf(given, actor),
    });
    if (!created) throw new EngineError('CONFLICT', `A workflow with the id "${id}" exists already`, { id });
    return this.answer(created, result);
  }

  /** @throws EngineError NOT_FOUND */
  async get(id: string): Promise<StoredWorkflow> {
    const found = await this.workflows.find(id);
    if (!found) throw new EngineError('NOT_FOUND', 'Workflow not found', { id });
    return found;
  }

  /**
   * Replaces top-level fields, each as a whole; null removes one.
   * @throws EngineError INVALID_PARAMS, NOT_FOUND, VALIDATION_FAILED, CONFLICT when someone else was faster
   */
  async update(id: string, changes: JsonValue, request: ChangeRequest): Promise<WorkflowAnswer> {
    if (!isJsonObject(changes)) throw invalidParams([{ field: '', message: 'The body must be a JSON object' }]);
    return this.change(id, request, (current) => withDefaults(withChanges(joinDocument(current), changes)));
  }

  /** Makes a new revision with another content. @throws as {@link update} */
  async setContent(id: string, content: RevisionContent, request: ChangeRequest): Promise<WorkflowAnswer> {
    const replace = (current: StoredWorkflow) => withDefaults(withContent(joinDocument(current), content));
    return this.change(id, request, replace, { alwaysNewRevision: true });
  }

  /** Makes the document a new revision of the workflow that has its id. @throws as {@link update} */
  async overwrite(id: string, document: JsonObject, actor?: string): Promise<WorkflowAnswer> {
    return this.change(id, { actor }, () => withDefaults(document), { alwaysNewRevision: true });
  }

  /** Hides the workflow. @throws EngineError NOT_FOUND */
  async delete(id: string): Promise<void> {
    const isHidden = await this.workflows.hide(id, Date.now());
    if (!isHidden) throw new EngineError('NOT_FOUND', 'Workflow not found', { id });
  }

  /** @throws EngineError NOT_FOUND, VALIDATION_FAILED */
  async clone(id: string, newName: string | undefined, actor?: string): Promise<WorkflowAnswer> {
    const original = await this.get(id);
    return this.create(copyOf(joinDocument(original), newName), actor);
  }

  /** @throws EngineError VALIDATION_FAILED */
  private check(document: JsonValue): ValidationResult {
    const result = this.validate(document);
    if (result.valid) return result;
    const { errors, warnings } = result;
    throw new EngineError('VALIDATION_FAILED', failureMessage(errors), { errors, warnings } as unknown as JsonObject);
  }

  private async change(
    id: string,
    { actor, expectedRevision }: ChangeRequest,
    work: (current: StoredWorkflow) => JsonObject,
    { alwaysNewRevision = false } = {},
  ): Promise<WorkflowAnswer> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const current = await this.get(id);
      checkRevision(current, expectedRevision);
      const document = work(current);
      const result = this.check(document);
      const draft = splitDocument(document, result.stats);
      const asNewRevision = alwaysNewRevision || contentText(draft.content) !== contentText(current.content);
      if (!asNewRevision && JSON.stringify(draft.head) === JSON.stringify(current.head)) {
        return this.answer(current, result);
      }
      const stamp = { now: Date.now(), author: authorOf(document, actor), asNewRevision };
      const changed = await this.workflows.update(current, draft, stamp);
      if (changed) return this.answer(changed, result);
    }
    throw new EngineError('CONFLICT', 'Others change this workflow all the time; try again', { id });
  }

  private async answer(stored: StoredWorkflow, { stats, warnings }: ValidationResult): Promise<WorkflowAnswer> {
    const completeStats = await this.estimates.complete(stored.id, stored.content, stats);
    return { workflow: joinDocument(stored), stats: completeStats, warnings };
  }
}

function checkRevision({ id, revision }: StoredWorkflow, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return;
  const message = `The workflow is at revision ${revision} by now, not ${expected}: someone else was faster`;
  throw new EngineError('CONFLICT', message, { id, revision, expectedRevision: expected });
}

function authorOf(document: JsonObject, actor: string | undefined): string | undefined {
  return actor ?? (document.author as string | undefined);
}

/** The first problems, as a sentence; the details have them all. */
export function failureMessage(errors: readonly ValidationProblem[]): string {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `The workflow is not valid: ${first?.message ?? 'unknown problem'}${more}`;
}
