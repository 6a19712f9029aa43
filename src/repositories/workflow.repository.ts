import { Injectable } from '@nestjs/common';
import type { RevisionContent, WorkflowStatus } from '../engine/definition/workflow-definition.js';
import type { JsonObject } from '../engine/json.js';
import type { Prisma } from './generated/client.js';
import { isUniqueViolation } from './prisma-errors.js';
import { PrismaService } from './prisma.service.js';
import {
  contentFrom,
  contentText,
  headColumns,
  revisionColumns,
  summaryFrom,
  usageFrom,
  type StoredWorkflow,
  type WorkflowDraft,
  type UsageSummary,
} from './workflow-rows.js';

/** A revision as an execution pins it. */
export interface StoredRevision {
  workflowId: string;
  revision: number;
  /** Head, name, status and deletion are the workflow's of now. */
  head: JsonObject;
  name: string;
  status: WorkflowStatus;
  isDeleted: boolean;
  version: string;
  content: RevisionContent;
  /** Epoch ms */
  createdAt: number;
}

/** A row of a workflow's history. */
export interface RevisionSummary {
  revision: number;
  version: string;
  changelog: string | null;
  author: string | null;
  /** Epoch ms */
  createdAt: number;
  totalNodes: number;
}

/** Who writes, and when. */
export interface WriteStamp {
  /** Epoch ms */
  now: number;
  /** Becomes the revision's author. */
  author?: string;
}

/** A large revision on a slow disk; Prisma's own limit of 5 s is for small rows. */
const TRANSACTION = { maxWait: 10_000, timeout: 30_000 };

/** Workflow documents: the head in `workflows`, what a revision holds in `workflow_revisions`. */
@Injectable()
export class WorkflowRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The workflow with its current revision; undefined when there is none or it was deleted. */
  async find(id: string): Promise<StoredWorkflow | undefined> {
    const row = await this.prisma.workflow.findFirst({ where: { id, deletedAt: null } });
    if (!row) return undefined;
    const [revision, usage] = await Promise.all([this.revisionRow(id, row.revision), this.usageOf(id)]);
    return { ...summaryFrom(row, usage), content: contentFrom(revision.content) };
  }

  async exists(id: string): Promise<boolean> {
    return (await this.prisma.workflow.count({ where: { id, deletedAt: null } })) > 0;
  }

  /**
   * A revision, the current one when no number is given. With a number it is found for a deleted workflow too, so that
   * executions stay readable.
   */
  async findRevision(workflowId: string, revision?: number): Promise<StoredRevision | undefined> {
    const row = await this.prisma.workflow.findUnique({
      where: { id: workflowId },
      select: { revision: true, head: true, name: true, status: true, deletedAt: true },
    });
    if (!row || (row.deletedAt !== null && revision === undefined)) return undefined;
    const found = await this.prisma.workflowRevision.findUnique({
      where: { workflowId_revision: { workflowId, revision: revision ?? row.revision } },
    });
    if (!found) return undefined;
    return {
      workflowId,
      revision: found.revision,
      head: JSON.parse(row.head) as JsonObject,
      name: row.name,
      status: row.status as WorkflowStatus,
      isDeleted: row.deletedAt !== null,
      version: found.version,
      content: contentFrom(found.content),
      createdAt: Number(found.createdAt),
    };
  }

  /** Newest first, without what they hold. */
  async listRevisions(workflowId: string): Promise<RevisionSummary[]> {
    const rows = await this.prisma.workflowRevision.findMany({
      where: { workflowId },
      omit: { content: true, workflowId: true },
      orderBy: { revision: 'desc' },
    });
    return rows.map((row) => ({ ...row, createdAt: Number(row.createdAt) }));
  }

  /**
   * Writes a new workflow. One that was deleted comes back under its id, and its revisions go on counting.
   * @returns the workflow as written, or undefined when the id is taken
   */
  async create(
    id: string,
    draft: WorkflowDraft,
    stamp: WriteStamp & { createdAt?: number },
  ): Promise<StoredWorkflow | undefined> {
    const { now, createdAt = now } = stamp;
    const text = contentText(draft.content);
    const times = { createdAt: BigInt(createdAt), updatedAt: BigInt(now), deletedAt: null };
    const columns = { ...headColumns(draft, text), ...times };
    try {
      return await this.prisma.$transaction(async (transaction) => {
        const hidden = await transaction.workflow.findUnique({ where: { id }, select: { revision: true } });
        const revision = (hidden?.revision ?? 0) + 1;
        if (hidden) {
          const { count } = await transaction.workflow.updateMany({
            where: { id, revision: hidden.revision, deletedAt: { not: null } },
            data: { ...columns, revision },
          });
          if (count === 0) return undefined;
        } else await transaction.workflow.create({ data: { id, revision, ...columns } });
        await writeRevision(transaction, id, revision, draft, text, stamp);
        const usage = hidden ? await this.usageOf(id) : usageFrom(undefined);
        return { id, revision, ...draft, createdAt, updatedAt: now, usage };
      }, TRANSACTION);
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
  }

  /**
   * Writes a change, as a new revision when `asNewRevision` says so. The state that it was worked out from stands in
   * the WHERE of the update: when somebody else was faster nothing is written.
   * @returns the workflow as written, or undefined when it no longer stands as it was seen
   */
  async update(
    seen: StoredWorkflow,
    draft: WorkflowDraft,
    stamp: WriteStamp & { asNewRevision: boolean },
  ): Promise<StoredWorkflow | undefined> {
    const { id } = seen;
    const text = contentText(draft.content);
    const revision = stamp.asNewRevision ? seen.revision + 1 : seen.revision;
    // It never stands still, so that two changes within one millisecond are told apart.
    const updatedAt = Math.max(stamp.now, seen.updatedAt + 1);
    return this.prisma.$transaction(async (transaction) => {
      const { count } = await transaction.workflow.updateMany({
        where: { id, revision: seen.revision, updatedAt: BigInt(seen.updatedAt), deletedAt: null },
        data: { ...headColumns(draft, text), revision, updatedAt: BigInt(updatedAt) },
      });
      if (count === 0) return undefined;
      if (stamp.asNewRevision) await writeRevision(transaction, id, revision, draft, text, stamp);
      return { ...seen, ...draft, revision, updatedAt };
    }, TRANSACTION);
  }

  /** Hides the workflow; false when there is none. Its revisions and executions stay. */
  async hide(id: string, now: number): Promise<boolean> {
    const { count } = await this.prisma.workflow.updateMany({
      where: { id, deletedAt: null },
      data: { deletedAt: BigInt(now) },
    });
    return count > 0;
  }

  private async revisionRow(workflowId: string, revision: number): Promise<{ content: string }> {
    return this.prisma.workflowRevision.findUniqueOrThrow({
      where: { workflowId_revision: { workflowId, revision } },
      select: { content: true },
    });
  }

  private async usageOf(workflowId: string): Promise<UsageSummary> {
    const { _sum, _max } = await this.prisma.workflowUsage.aggregate({
      where: { workflowId },
      _sum: { used: true, completed: true, failed: true, durationSum: true },
      _max: { lastExecutedAt: true },
    });
    return usageFrom({ ..._sum, ..._max });
  }
}

async function writeRevision(
  transaction: Prisma.TransactionClient,
  workflowId: string,
  revision: number,
  draft: WorkflowDraft,
  text: string,
  { now, author }: WriteStamp,
): Promise<void> {
  const columns = revisionColumns(draft, text, author);
  await transaction.workflowRevision.create({ data: { workflowId, revision, ...columns, createdAt: BigInt(now) } });
}
