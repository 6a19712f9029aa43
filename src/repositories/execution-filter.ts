import type { Activity, Attention } from '../engine/journal/summary.js';
import type { Trigger } from '../engine/journal/events.js';
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

/** The start, or the planned one of an execution that has not started. */
export const START_TIME = Prisma.sql`coalesce(e.started_at, greatest(e.run_at, e.created_at))`;

/** Null until the end; one that never started took no time. */
export const DURATION = Prisma.sql`(e.ended_at - coalesce(e.started_at, e.ended_at))`;

/** The filter as a condition on `executions e`; `now` tells scheduled ones from queued ones. */
export function filterCondition(filter: ExecutionFilter, now: number): Prisma.Sql {
  const { workflowId, statuses, activity, attention, startTimeFrom, startTimeTo, triggerType, userId } = filter;
  const all = [Prisma.sql`true`];
  if (workflowId !== undefined) all.push(Prisma.sql`e.workflow_id = ${storableText(workflowId)}`);
  if (statuses) all.push(Prisma.sql`e.status = ANY(${[...statuses]}::text[])`);
  if (activity !== undefined) all.push(activityCondition(activity, now));
  if (attention === 'any') all.push(Prisma.sql`e.attention IS NOT NULL`);
  else if (attention !== undefined) all.push(Prisma.sql`e.attention = ${attention}`);
  if (startTimeFrom !== undefined) all.push(Prisma.sql`${START_TIME} >= ${startTimeFrom}::bigint`);
  if (startTimeTo !== undefined) all.push(Prisma.sql`${START_TIME} <= ${startTimeTo}::bigint`);
  if (triggerType !== undefined) all.push(Prisma.sql`e.trigger_type = ${triggerType}`);
  if (userId !== undefined) all.push(Prisma.sql`e.user_id = ${storableText(userId)}`);
  if (filter.labels) all.push(Prisma.sql`e.labels @> ${labelsJson(filter.labels)}::jsonb`);
  if (filter.search !== undefined) all.push(searchCondition(storableText(filter.search)));
  return Prisma.join(all, ' AND ');
}

/** What a pending execution waits for is not stored: it follows from the clock. */
function activityCondition(activity: Activity, now: number): Prisma.Sql {
  if (activity === 'scheduled') return Prisma.sql`(e.status = 'pending' AND e.run_at > ${now}::bigint)`;
  if (activity === 'queued') {
    return Prisma.sql`(e.status = 'pending' AND (e.run_at IS NULL OR e.run_at <= ${now}::bigint))`;
  }
  return Prisma.sql`e.activity = ${activity}`;
}

function searchCondition(search: string): Prisma.Sql {
  const inName = Prisma.sql`strpos(lower(e.workflow_name), lower(${search}::text)) > 0`;
  return Prisma.sql`(${inName} OR starts_with(e.id, ${search}::text))`;
}
