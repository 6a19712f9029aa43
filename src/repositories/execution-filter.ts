import type { Trigger } from '../engine/journal/events.js';
import { ATTENTIONS, type Activity, type Attention } from '../engine/journal/summary.js';
import type { ExecutionStatus } from '../engine/state/transitions.js';
import { Prisma } from './generated/client.js';
import { labelsJson, storableText } from './storable-text.js';

/** Which executions a list shows; what is absent does not filter. Times are epoch ms. */
export interface ExecutionFilter {
  workflowId?: string;
  /** Any of these. */
  statuses?: readonly ExecutionStatus[];
  activity?: Activity;
  /** `any`: whatever needs a person. */
  attention?: Attention | 'any';
  /** The start, or the planned one, is not before this. */
  startTimeFrom?: number;
  /** The start, or the planned one, is not after this. */
  startTimeTo?: number;
  triggerType?: Trigger['type'];
  userId?: string;
  /** All of these. */
  labels?: { [name: string]: string };
  /** Part of the workflow's name, upper and lower case alike, or the beginning of an execution's id. */
  search?: string;
}

/** A name that a workflow has had. */
export interface WorkflowName {
  workflowId: string;
  name: string;
}

const ENDED: readonly ExecutionStatus[] = ['completed', 'failed', 'cancelled'];
const OPEN: readonly ExecutionStatus[] = ['pending', 'running', 'paused'];

/** A part of what a filter takes, as a condition on `executions e`; no two parts of a filter have a row in common. */
export interface FilterPart {
  where: Prisma.Sql;
  /** What has not ended: all of it is in one part. What has ended: an index gives each part in order of the creation. */
  isOpen: boolean;
}

/**
 * @param found the workflows' names that `filter.search` is part of
 * @param now epoch ms: tells scheduled ones from queued ones
 */
export function filterParts(filter: ExecutionFilter, found: readonly WorkflowName[], now: number): FilterPart[] {
  const shared = sharedConditions(filter, found);
  const ended = endedConditions(filter).map((own) => ({
    where: all([Prisma.sql`e.ended_at IS NOT NULL`, ...own, ...shared]),
    isOpen: false,
  }));
  const open = openConditions(filter, now);
  if (!open) return ended;
  return [...ended, { where: all([Prisma.sql`e.ended_at IS NULL`, ...open, ...shared]), isOpen: true }];
}

/** What is the same for what has ended and what has not. */
function sharedConditions(filter: ExecutionFilter, found: readonly WorkflowName[]): Prisma.Sql[] {
  const { workflowId, startTimeFrom, startTimeTo, triggerType, userId, labels, search } = filter;
  const conditions: Prisma.Sql[] = [];
  if (workflowId !== undefined) conditions.push(Prisma.sql`e.workflow_id = ${storableText(workflowId)}`);
  if (startTimeFrom !== undefined) conditions.push(Prisma.sql`e.start_time >= ${startTimeFrom}::bigint`);
  if (startTimeTo !== undefined) {
    // Nothing starts before it is created: a walk in order of the creation need not begin later.
    conditions.push(Prisma.sql`e.start_time <= ${startTimeTo}::bigint AND e.created_at <= ${startTimeTo}::bigint`);
  }
  if (triggerType !== undefined) conditions.push(Prisma.sql`e.trigger_type = ${triggerType}`);
  if (userId !== undefined) conditions.push(Prisma.sql`e.user_id = ${storableText(userId)}`);
  if (labels && Object.keys(labels).length > 0) {
    conditions.push(Prisma.sql`e.labels @> ${labelsJson(labels)}::jsonb AND e.labels <> '{}'`);
  }
  if (search !== undefined) conditions.push(searchCondition(storableText(search), found));
  return conditions;
}

/** Of several values of one column an index gives each in order, not all together: hence a part for each. */
function endedConditions({ statuses = ENDED, activity, attention }: ExecutionFilter): Prisma.Sql[][] {
  const wanted = ENDED.filter((status) => statuses.includes(status));
  if (wanted.length === 0 || activity === 'scheduled' || activity === 'queued') return [];
  const anyStatus = wanted.length === ENDED.length ? [] : [Prisma.sql`e.status = ANY(${wanted}::text[])`];
  const doing = activity === undefined ? [] : [Prisma.sql`e.activity = ${activity}`];
  if (attention !== undefined) {
    const kinds = attention === 'any' ? ATTENTIONS : [attention];
    return kinds.map((kind) => [Prisma.sql`e.attention = ${kind}`, ...anyStatus, ...doing]);
  }
  if (activity !== undefined || anyStatus.length === 0) return [[...anyStatus, ...doing]];
  return wanted.map((status) => [Prisma.sql`e.status = ${status}`]);
}

function openConditions(filter: ExecutionFilter, now: number): Prisma.Sql[] | undefined {
  const { statuses = OPEN, activity, attention } = filter;
  const wanted = OPEN.filter((status) => statuses.includes(status));
  if (wanted.length === 0) return undefined;
  const conditions = wanted.length === OPEN.length ? [] : [Prisma.sql`e.status = ANY(${wanted}::text[])`];
  if (activity !== undefined) conditions.push(activityCondition(activity, now));
  if (attention === 'any') conditions.push(Prisma.sql`e.attention IS NOT NULL`);
  else if (attention !== undefined) conditions.push(Prisma.sql`e.attention = ${attention}`);
  return conditions;
}

/** What a pending execution waits for is not stored: it follows from the clock. */
function activityCondition(activity: Activity, now: number): Prisma.Sql {
  if (activity === 'scheduled') return Prisma.sql`e.status = 'pending' AND e.run_at > ${now}::bigint`;
  if (activity === 'queued') {
    return Prisma.sql`e.status = 'pending' AND (e.run_at IS NULL OR e.run_at <= ${now}::bigint)`;
  }
  return Prisma.sql`e.activity = ${activity}`;
}

function searchCondition(search: string, found: readonly WorkflowName[]): Prisma.Sql {
  const byId = Prisma.sql`starts_with(e.id, ${search}::text)`;
  if (found.length === 0) return byId;
  const ids = [...new Set(found.map(({ workflowId }) => workflowId))];
  const names = [...new Set(found.map(({ name }) => name))];
  return Prisma.sql`(e.workflow_id = ANY(${ids}::text[]) AND e.workflow_name = ANY(${names}::text[]) OR ${byId})`;
}

function all(conditions: Prisma.Sql[]): Prisma.Sql {
  return Prisma.join(conditions, ' AND ');
}
