import type { JsonObject } from '../json.js';
import {
  EDGE_ID_PATTERN,
  NODE_ID_PATTERN,
  RESERVED_NAMES,
  RESERVED_WORKFLOW_IDS,
  SEMANTIC_VERSION_PATTERN,
  WORKFLOW_ID_PATTERN,
} from './identifiers.js';

/** Longest name of a workflow, in characters. */
export const MAX_NAME_LENGTH = 256;
/** Longest description of a workflow, in characters. */
const MAX_DESCRIPTION_LENGTH = 10_000;

/** More than anybody draws or generates; what a document of 16 MiB could hold would stop the server for a minute. */
export const MAX_NODES = 100_000;
export const MAX_EDGES = 500_000;

// Descriptions of fields with a pattern or a format end refusals too ("id must be <description>"), so they begin small.
const text = (description: string): JsonObject => ({ type: 'string', description });
const flag = (description: string): JsonObject => ({ type: 'boolean', description });
const object = (description: string): JsonObject => ({ type: 'object', description });
const choice = (values: string[], description: string): JsonObject => ({ enum: values, description });
/** The upper bound keeps a time plus a duration a date, and a column's bigint. */
const integer = (minimum: number, description: string): JsonObject => ({ type: 'integer', minimum, description });
const milliseconds = (description: string): JsonObject => ({ ...integer(0, description), maximum: 1e15 });
const timeLimit = (description: string): JsonObject => ({ ...integer(1, description), maximum: 1e15 });
const backoff = (description: string): JsonObject => choice(['fixed', 'linear', 'exponential'], description);
const dateTime: JsonObject = {
  type: 'string',
  format: 'date-time',
  description: 'an ISO 8601 time; kept by the server',
};
/** Whatever a document says there is ignored. */
const counted = (description: string): JsonObject => ({ description: `${description}; kept by the server` });
/** The condition keeps a list of millions of wrong items from making millions of problems. */
const texts = (description: string): JsonObject => ({
  type: 'array',
  description,
  maxItems: 1000,
  if: { maxItems: 1000 },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { items: { type: 'string' } },
});

export const retryPolicy: JsonObject = {
  type: 'object',
  description: 'When a failed attempt is tried again; merged field by field: node over workflow over node type',
  properties: {
    maxRetries: integer(0, 'Attempts after the first'),
    maxAttempts: integer(1, 'maxRetries + 1, the other way to say it'),
    backoff: backoff('How the pauses grow: all alike, d·n, or d·2^(n-1)'),
    backoffStrategy: backoff('Another name of backoff'),
    initialDelay: milliseconds('Pause before the second attempt in ms'),
    maxDelay: milliseconds('Longest pause in ms'),
    maxElapsed: milliseconds('Time in ms, pauses included, after which no attempt begins'),
    retryableErrors: texts('Codes, HTTP statuses or parts of messages that are tried again; empty: all errors'),
    jitter: flag('Draws each pause from the second half of its length'),
  },
};

/** `from` and `output` are wanted, but a mapping without them is a warning alone. */
export const mappingSchema: JsonObject = {
  type: 'object',
  description: "Takes an input from another node's output",
  required: ['from', 'output'],
  properties: {
    from: { type: 'string', minLength: 1, description: 'Id of the node' },
    output: { type: 'string', minLength: 1, description: 'A name in its output, or a dotted path' },
    required: flag('Fails the node with INPUT_MISSING when there is no such value'),
  },
};

export const nodeSchema: JsonObject = {
  type: 'object',
  required: ['id', 'type'],
  properties: {
    id: {
      type: 'string',
      pattern: NODE_ID_PATTERN,
      not: { enum: [...RESERVED_NAMES] },
      description: `1..128 characters, no control character, no [ or ], and none of ${RESERVED_NAMES.join(', ')}`,
    },
    type: { type: 'string', minLength: 1, description: 'A registered node type' },
    label: text('Display name'),
    name: text('Display name where there is no label; without both it is the id'),
    description: text('For display'),
    color: text('For display'),
    icon: text('For display'),
    position: {
      type: 'object',
      description: 'Place on the canvas; without a good one the document has a warning',
      required: ['x', 'y'],
      properties: {
        x: { type: 'number', description: 'From the left' },
        y: { type: 'number', description: 'From the top' },
      },
    },
    config: object("The type's parameters; any value may be a text with {{ expression }} instead"),
    inputs: {
      type: 'object',
      description: 'Inputs by their names, each taken from the output of another node',
      additionalProperties: mappingSchema,
    },
    enabled: flag('false: the node is skipped and its input passes through; default true'),
    retryPolicy,
    timeout: timeLimit('Limit of one attempt in ms'),
    rollback: object("The type's compensation parameters: what undoes this node"),
    onInterrupted: choice(['retry', 'probe', 'ask'], 'What to do about an attempt whose outcome nobody knows'),
    join: choice(['any', 'all'], 'Of several incoming edges at least one has to be live (the default), or all'),
  },
};

/** Editors write a handle that is not used as null. */
const handle = (description: string): JsonObject => ({ type: ['string', 'null'], description });
const portName = (description: string): JsonObject => ({ type: 'string', minLength: 1, description });

export const edgeSchema: JsonObject = {
  type: 'object',
  required: ['source', 'target'],
  properties: {
    id: { type: 'string', pattern: EDGE_ID_PATTERN, description: '1..512 characters without a control character' },
    source: { type: 'string', minLength: 1, description: 'Id of the node that it comes from' },
    target: { type: 'string', minLength: 1, description: 'Id of the node that it leads to' },
    sourceOutput: portName('The output that is carried (absent: all of them), or the port of a branching node'),
    sourceHandle: handle('Another name of sourceOutput'),
    targetInput: portName("Name of the target's input; absent: what is carried is spread into its inputs"),
    targetHandle: handle('Another name of targetInput'),
    type: choice(
      ['data', 'control', 'error'],
      'Carries the output (the default), decides the order alone, or is live when the source has failed for good',
    ),
    condition: text("A JSONata expression over the source's output; the edge is dead when it is false"),
    label: text('For display'),
    enabled: flag('false: as if the edge were absent; default true'),
  },
};

const settings: JsonObject = {
  type: 'object',
  description: 'How the workflow is run',
  properties: {
    maxConcurrency: integer(1, 'Nodes of one execution that run at once; default 5'),
    timeout: timeLimit('Time in ms in which at least one node may be running; default 300000'),
    retryPolicy,
    errorHandling: choice(
      ['stop', 'continue', 'rollback'],
      'After a failure no new node starts (the default), the rest goes on, or what was done is undone',
    ),
    enableCheckpoint: flag('Lists checkpoints in the record; default true'),
    checkpointInterval: integer(1, 'Every n-th completed node is listed as a checkpoint; default 1'),
    enableCache: flag('Reuses outputs of cacheable nodes that see the same; default false'),
    cacheTTL: milliseconds('Time in ms for which such an output is reused; default 3600000'),
    verboseLogging: flag('Logs the start, inputs and outputs of each node; default false'),
  },
};

const version: JsonObject = {
  type: 'object',
  description: "The author's own version; the server counts revisions beside it",
  properties: {
    version: { type: 'string', pattern: SEMANTIC_VERSION_PATTERN, description: 'a semantic version such as 1.0.0' },
    changelog: text('What is new in it'),
    isDraft: flag('For display; it does not hinder a run'),
    parentVersion: text('The version that it was made from'),
  },
};

const metadata: JsonObject = {
  type: 'object',
  description: 'What helps to find the workflow',
  properties: {
    tags: texts('Words to find it by'),
    category: text('A group of workflows'),
    isPublic: flag('For display'),
    usageCount: counted('Executions so far'),
    avgExecutionTime: counted('Mean duration of the completed ones in ms'),
    successRate: counted('completed / (completed + failed)'),
    lastExecutedAt: counted('Begin of the last execution'),
    custom: object("The author's own"),
  },
};

/** The format of a workflow document as a JSON Schema (2020-12). Fields that it does not name are kept. */
export const workflowSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Workflow',
  description: 'A directed acyclic graph of nodes',
  type: 'object',
  required: ['name', 'nodes', 'edges'],
  properties: {
    id: {
      type: 'string',
      pattern: WORKFLOW_ID_PATTERN,
      not: { enum: [...RESERVED_WORKFLOW_IDS] },
      description: `1..128 of the characters A-Z a-z 0-9 . _ : - and none of ${RESERVED_WORKFLOW_IDS.join(', ')}`,
    },
    name: {
      type: 'string',
      pattern: '\\S',
      maxLength: MAX_NAME_LENGTH,
      description: `a name of at most ${MAX_NAME_LENGTH} characters that is not blank`,
    },
    description: { ...text('What the workflow does'), maxLength: MAX_DESCRIPTION_LENGTH },
    author: text('Who wrote it'),
    version,
    nodes: { type: 'array', description: 'What is done', maxItems: MAX_NODES, items: nodeSchema },
    edges: {
      type: 'array',
      description: 'In which order, and what is carried',
      maxItems: MAX_EDGES,
      items: edgeSchema,
    },
    settings,
    metadata,
    status: choice(['active', 'inactive', 'deprecated'], 'New executions want an active one; default active'),
    isPublished: flag('For display; it does not hinder a run. Default false'),
    createdAt: dateTime,
    updatedAt: dateTime,
  },
};
