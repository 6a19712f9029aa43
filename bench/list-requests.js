const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const SORTS = ['createdAt', 'startTime', 'duration'].flatMap((by) =>
  ['desc', 'asc'].map((order) => [by, order]),
);

/** What a person may look for among the executions of the 30 days before `now` (epoch ms): name and query. */
export function listRequests(now) {
  const range = (fromDays, length) => {
    const from = now - fromDays * DAY_MS;
    return `startTimeFrom=${from}&startTimeTo=${from + length}`;
  };
  const filters = [
    '',
    'workflowId=wf0',
    'workflowId=wf49',
    'workflowId=nobody',
    'status=completed',
    'status=failed',
    'status=failed,cancelled',
    'status=running',
    'status=failed,running',
    'activity=executing',
    'activity=scheduled',
    'activity=rolling-back',
    'attention=any',
    'attention=unknown',
    'attention=crash-loop',
    range(1, DAY_MS),
    range(30, DAY_MS),
    range(15, HOUR_MS),
    'triggerType=api',
    'triggerType=manual',
    'userId=user0',
    'userId=user1000',
    'userId=nobody',
    'label.team=team1',
    'label.order=o500000',
    'label.order=none',
    'search=flow%20wf49',
    'search=WORKFLOW',
    'search=exec_wf7_1',
    'search=nothing',
    'workflowId=wf3&status=failed',
    `workflowId=wf3&${range(15, DAY_MS)}`,
    'status=failed&userId=user0&label.team=team3',
  ];
  return filters.flatMap((filter) =>
    SORTS.map(([by, order]) => ({
      name: `${filter || 'no filter'} | ${by} ${order}`,
      path: `/api/v2/executions?sortBy=${by}&sortOrder=${order}${filter && `&${filter}`}`,
    })),
  );
}

/** The other ways to read many executions. */
export function otherRequests(now) {
  const cut = `from=${now - 10 * DAY_MS - 1234567}&to=${now - 1234567}`;
  const stats = ['', 'interval=hour', cut, `${cut}&interval=hour`, 'workflowId=wf3&interval=hour'];
  return [
    ...stats.map((query) => ({ name: `stats ${query}`, path: `/api/v2/executions/stats?${query}` })),
    { name: 'workflows', path: '/api/v2/workflows' },
    ...[1, 100, 5000].map((page) => ({
      name: `page ${page.toLocaleString('en')} by number`,
      path: `/api/v2/executions?page=${page}&pageSize=20`,
    })),
  ];
}
