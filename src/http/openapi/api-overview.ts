/** What a reader has to know before the first request, as Markdown. */
export const API_OVERVIEW = `Retrace runs workflows: directed graphs of nodes, written as JSON. Each execution is a journal of events; what the API
shows of it is folded from that journal, so nothing that was recorded is lost in a crash or run twice.

**In short**: \`POST /api/v2/workflows\` stores a workflow, \`POST /api/v2/executions\` runs it,
\`GET /api/v2/executions/{id}\` tells how it stands.

## The envelope

Every answer of the API has one form. A success has its answer in \`data\`, and \`code\` 200 also under HTTP 201:

\`\`\`json
{ "code": 200, "success": true, "data": {}, "message": "OK", "timestamp": 1704355200000 }
\`\`\`

A failure has the HTTP status in \`code\`, and what a program has to know in \`error\`:

\`\`\`json
{ "code": 404, "success": false, "data": null, "message": "Execution not found",
  "error": { "code": "NOT_FOUND", "details": { "id": "exec_1" } }, "timestamp": 1704355200000 }
\`\`\`

Decide by \`error.code\`; messages are for people. Each answer has the header \`X-Request-Id\`, under which the server's log
has what happened; a request may bring its own.

## Requests

- A body is JSON with \`Content-Type: application/json\`, at most 16 MiB (import: 128 MiB) and 100 levels deep. A POST without
  a body needs no type.
- Fields and parameters that an operation does not know are refused with 400, and so is a parameter given twice. Workflow
  documents keep fields that the server does not know; data, variables, metadata and config are the caller's own.
- Lists in a query are separated by commas: \`status=failed,paused\`.
- Times are epoch milliseconds, durations milliseconds; in workflow documents times are ISO 8601.

## Who may call

A server with an API_TOKEN wants it in each request to \`/api/*\` and \`/metrics\`: \`Authorization: Bearer <token>\`. A server
without one answers requests of its own machine alone. Who acts is named by \`X-User-Id\`, and is shown as \`by\` and
\`actor\`.

## Changes at the same time

A workflow has a revision and an execution a \`seq\`. Send the one that you have seen as \`If-Match\`: when somebody else was
faster the answer is 409 CONFLICT, and nothing was changed. A \`POST /api/v2/executions\` with an \`Idempotency-Key\` can be sent
again without starting a second execution.

## Long lists

Lists have pages: \`page\` from 1, \`pageSize\` up to 200. For executions there is also a cursor, which is right while new ones
come in and fast at any depth: ask without \`page\`, and send \`pagination.nextCursor\` as \`cursor\` for the next page, until it
is null.`;

/** The groups of operations, in the order in which they are shown. */
export const TAGS = {
  workflows: {
    name: 'Workflows',
    description: 'Workflow documents: stored, changed, validated, exported and imported',
  },
  revisions: { name: 'Workflow revisions', description: 'The history of a workflow; a revision never changes' },
  executions: { name: 'Executions', description: 'Runs of workflows: started, found, counted and deleted' },
  parts: { name: 'Execution details', description: 'The nodes, the journal and the log of one execution' },
  commands: { name: 'Execution commands', description: 'Pause, resume, cancel, or end by hand' },
  recovery: { name: 'Recovery', description: 'What is undone for real, and how an execution goes on afterwards' },
  feed: { name: 'Feed', description: 'What happens in all executions, as it happens; also over Socket.io' },
  nodeTypes: { name: 'Node types', description: 'What nodes there are, and what they take' },
  instances: { name: 'Instances', description: 'The server processes that drive executions on one database' },
  health: { name: 'Health', description: 'For those who watch over the server: whether it is well is told to all' },
} as const;
