import { randomBytes } from 'node:crypto';
import type { RevisionContent, VersionInfo, WorkflowStats } from '../engine/definition/workflow-definition.js';
import { MAX_NAME_LENGTH } from '../engine/definition/workflow-schema.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';
import type { StoredWorkflow, WorkflowDraft, WorkflowSummary } from '../repositories/workflow-rows.js';

/** Fields that the server keeps: what a document says of them is not stored. */
const SERVER_KEPT = new Set(['id', 'revision', 'createdAt', 'updatedAt']);
const SERVER_KEPT_METADATA = new Set(['usageCount', 'avgExecutionTime', 'successRate', 'lastExecutedAt']);
const NODES_AND_EDGES = new Set(['nodes', 'edges']);

/** An id for a document without one. */
export function newWorkflowId(): string {
  return `wf_${randomBytes(9).toString('base64url')}`;
}

/** What a new document says by default. */
export function withDefaults(document: JsonObject): JsonObject {
  const version: JsonValue = isJsonObject(document.version)
    ? { version: '1.0.0', ...document.version }
    : { version: '1.0.0' };
  return { ...document, version, status: document.status ?? 'active', isPublished: document.isPublished ?? false };
}

/** Takes a valid document apart into what the tables hold. */
export function splitDocument(document: JsonObject, stats: WorkflowStats): WorkflowDraft {
  const head = without(without(document, SERVER_KEPT), NODES_AND_EDGES);
  if (isJsonObject(head.metadata)) head.metadata = without(head.metadata, SERVER_KEPT_METADATA);
  const { nodes, edges, settings, version } = document as JsonObject & RevisionContent;
  return { head, content: { nodes, edges, settings, version }, stats };
}

/** The document as it was given, with what the server keeps. */
export function joinDocument(workflow: StoredWorkflow): JsonObject {
  const { nodes, edges } = workflow.content;
  return { ...documentHead(workflow), nodes, edges };
}

/** The same without nodes and edges. */
export function documentHead({ id, revision, head, createdAt, updatedAt, usage }: WorkflowSummary): JsonObject {
  const { lastExecutedAt, ...figures } = usage;
  return {
    id,
    revision,
    ...head,
    metadata: {
      ...(head.metadata as JsonObject | undefined),
      ...figures,
      lastExecutedAt: lastExecutedAt === null ? null : isoTime(lastExecutedAt),
    },
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(updatedAt),
  };
}

/** Replaces top-level fields, each as a whole; null removes one. What the server keeps is left alone. */
export function withChanges(document: JsonObject, changes: JsonObject): JsonObject {
  const removed = new Set(Object.keys(changes).filter((field) => changes[field] === null));
  return { ...without(document, removed), ...without(changes, new Set([...removed, ...SERVER_KEPT])) };
}

/** A copy as a document of its own: a draft that nobody has published or run. */
export function copyOf(document: JsonObject, newName: string | undefined): JsonObject {
  const version: VersionInfo = { version: '1.0.0', isDraft: true };
  const name = newName ?? copyName(document.name as string);
  return { ...without(document, SERVER_KEPT), name, version, isPublished: false };
}

const COPY_SUFFIX = ' (Copy)';

/** A name that would become too long is cut, by characters. */
function copyName(name: string): string {
  return `${Array.from(name)
    .slice(0, MAX_NAME_LENGTH - COPY_SUFFIX.length)
    .join('')}${COPY_SUFFIX}`;
}

function without(object: JsonObject, fields: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.has(field)));
}

/** Epoch ms as ISO 8601. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
