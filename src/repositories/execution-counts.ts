import { ALL_WORKFLOWS } from './execution-counters.js';
import { Prisma } from './generated/client.js';
import { storableText } from './storable-text.js';

/** Which executions are counted (epoch ms, both inclusive): by their end; those that have not ended, by their creation. */
export interface StatisticsFilter {
  from?: number;
  to?: number;
  workflowId?: string;
}

export const HOUR_MS = 3_600_000;

/**
 * What a filter takes, as rows of `workflow_id`, `hour` (epoch ms / 3,600,000), `status`, `count` and `duration_sum` (ms):
 * whole hours from the counters, the hours that the range cuts from an index of the ends, and what has not ended from the
 * index of the open ones, which are few. `together`: the counters of all workflows together are read, which are fewer.
 */
export function countsQuery(filter: StatisticsFilter, together: boolean): Prisma.Sql {
  return Prisma.sql`
    SELECT workflow_id, hour, status, count, duration_sum FROM execution_counters e WHERE ${wholeHours(filter, together)}
    UNION ALL
    SELECT workflow_id, ended_at / ${HOUR_MS}::bigint, status, count(*), sum(duration)::bigint
    FROM executions e WHERE ${cutHours(filter)} GROUP BY 1, 2, 3
    UNION ALL
    SELECT workflow_id, created_at / ${HOUR_MS}::bigint, status, count(*), 0
    FROM executions e WHERE ended_at IS NULL AND ${between(Prisma.sql`created_at`, filter)} AND ${ofWorkflow(filter)}
    GROUP BY 1, 2, 3`;
}

/** The durations of what has completed, as rows of `hour` and `histogram`. */
export function histogramsQuery(filter: StatisticsFilter): Prisma.Sql {
  return Prisma.sql`
    SELECT hour, histogram FROM execution_counters e WHERE status = 'completed' AND ${wholeHours(filter, true)}
    UNION ALL
    SELECT ended_at / ${HOUR_MS}::bigint, duration_histogram(duration, 1)
    FROM executions e WHERE status = 'completed' AND ${cutHours(filter)} GROUP BY 1`;
}

function wholeHours(filter: StatisticsFilter, together: boolean): Prisma.Sql {
  const { first, end } = hoursOf(filter);
  const { workflowId } = filter;
  const all = [ofWorkflow(filter)];
  if (workflowId === undefined) {
    const isOfAll = together ? Prisma.sql`=` : Prisma.sql`<>`;
    all.push(Prisma.sql`e.workflow_id ${isOfAll} ${ALL_WORKFLOWS}`);
  }
  if (first !== undefined) all.push(Prisma.sql`hour >= ${first}::bigint`);
  if (end !== undefined) all.push(Prisma.sql`hour < ${end}::bigint`);
  return Prisma.join(all, ' AND ');
}

/** Which hours lie in the range as a whole: from `first` on, before `end`. */
function hoursOf({ from, to }: StatisticsFilter): { first?: number; end?: number } {
  return {
    first: from === undefined ? undefined : Math.ceil(from / HOUR_MS),
    end: to === undefined ? undefined : Math.floor((to + 1) / HOUR_MS),
  };
}

/** The ends in the range that lie in none of its whole hours. */
function cutHours(filter: StatisticsFilter): Prisma.Sql {
  const { from, to } = filter;
  const { first, end } = hoursOf(filter);
  const cuts: StatisticsFilter[] = [];
  if (first !== undefined && end !== undefined && first > end) cuts.push({ from, to });
  else {
    if (first !== undefined && from !== first * HOUR_MS) cuts.push({ from, to: first * HOUR_MS - 1 });
    if (end !== undefined && to !== end * HOUR_MS - 1) cuts.push({ from: end * HOUR_MS, to });
  }
  if (cuts.length === 0) return Prisma.sql`false`;
  const ranges = cuts.map((cut) => Prisma.sql`(${between(Prisma.sql`ended_at`, cut)})`);
  return Prisma.sql`ended_at IS NOT NULL AND (${Prisma.join(ranges, ' OR ')}) AND ${ofWorkflow(filter)}`;
}

function between(column: Prisma.Sql, { from, to }: StatisticsFilter): Prisma.Sql {
  const all = [Prisma.sql`true`];
  if (from !== undefined) all.push(Prisma.sql`${column} >= ${from}::bigint`);
  if (to !== undefined) all.push(Prisma.sql`${column} <= ${to}::bigint`);
  return Prisma.join(all, ' AND ');
}

function ofWorkflow({ workflowId }: StatisticsFilter): Prisma.Sql {
  return workflowId === undefined ? Prisma.sql`true` : Prisma.sql`e.workflow_id = ${storableText(workflowId)}`;
}
