import type { RevisionContent, WorkflowStats, WorkflowStatus } from '../engine/definition/workflow-definition.js';
import type { JsonObject } from '../engine/json.js';
import type { WorkflowModel } from './generated/models/Workflow.js';
import { storableText } from './storable-text.js';

/** How a workflow has been used, summed over all instances; may lag a few seconds. */
export interface UsageSummary {
  usageCount: number;
  /** Mean of the completed executions in ms; 0 without any. */
  avgExecutionTime: number;
  /** completed / (completed + failed), 0..1; 0 without any. */
  successRate: number;
  /** Epoch ms; null when it never ran. */
  lastExecutedAt: number | null;
}

/** What lists show of a workflow. */
export interface WorkflowSummary {
  id: string;
  revision: number;
  /** The document without nodes and edges. */
  head: JsonObject;
  stats: WorkflowStats;
  /** Epoch ms */
  createdAt: number;
  /** Epoch ms; grows with each change. */
  updatedAt: number;
  usage: UsageSummary;
}

/** A workflow with its current revision. */
export interface StoredWorkflow extends WorkflowSummary {
  content: RevisionContent;
}

/** The parts of a document that are about to be written. */
export interface WorkflowDraft {
  head: JsonObject;
  content: RevisionContent;
  stats: WorkflowStats;
}

/** Sums over the rows of `workflow_usage`; Prisma gives them as bigint, SUM of bigint as Decimal text. */
export interface UsageSums {
  used: bigint | null;
  completed: bigint | null;
  failed: bigint | null;
  durationSum: bigint | null;
  lastExecutedAt: bigint | null;
}

export function usageFrom(sums: UsageSums | undefined): UsageSummary {
  const [used, completed, failed, duration] = [sums?.used, sums?.completed, sums?.failed, sums?.durationSum].map(
    (sum) => Number(sum ?? 0),
  ) as [number, number, number, number];
  return {
    usageCount: used,
    avgExecutionTime: completed === 0 ? 0 : duration / completed,
    successRate: completed + failed === 0 ? 0 : completed / (completed + failed),
    lastExecutedAt: sums?.lastExecutedAt == null ? null : Number(sums.lastExecutedAt),
  };
}

/** What every row of `workflows` says, whichever way it was read. */
export function summaryFrom(
  row: Pick<WorkflowModel, 'id' | 'revision' | 'head' | 'stats' | 'createdAt' | 'updatedAt'>,
  usage: UsageSummary,
): WorkflowSummary {
  return {
    id: row.id,
    revision: row.revision,
    head: JSON.parse(row.head) as JsonObject,
    stats: JSON.parse(row.stats) as WorkflowStats,
    createdAt: Number(row.createdAt),
    updatedAt: Number(row.updatedAt),
    usage,
  };
}

export function contentFrom(text: string): RevisionContent {
  return JSON.parse(text) as RevisionContent;
}

/** One spelling of a content, so that two that say the same in the same order are equal texts. */
export function contentText({ nodes, edges, settings, version }: RevisionContent): string {
  return JSON.stringify({ nodes, edges, settings, version });
}

/** The columns that filters and lists use, and the text that they were taken from. */
export function headColumns({ head, content, stats }: WorkflowDraft, text: string) {
  const metadata = (head.metadata ?? {}) as JsonObject;
  const headText = JSON.stringify(head);
  return {
    name: storableText(head.name as string),
    description: storableText((head.description as string | undefined) ?? ''),
    author: optionalText(head.author as string | undefined),
    category: optionalText(metadata.category as string | undefined),
    tags: ((metadata.tags as string[] | undefined) ?? []).map(storableText),
    status: head.status as WorkflowStatus,
    isPublished: head.isPublished === true,
    isDraft: content.version?.isDraft === true,
    head: headText,
    stats: JSON.stringify(stats),
    sizeBytes: Buffer.byteLength(headText) + Buffer.byteLength(text),
  };
}

/** The columns of a new row of `workflow_revisions`, but for its key. */
export function revisionColumns({ content, stats }: WorkflowDraft, text: string, author: string | undefined) {
  return {
    content: text,
    version: storableText(content.version?.version ?? '1.0.0'),
    changelog: optionalText(content.version?.changelog),
    author: optionalText(author),
    totalNodes: stats.totalNodes,
  };
}

function optionalText(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text);
}
