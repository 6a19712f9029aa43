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

const text: JsonObject = { type: 'string' };
const flag: JsonObject = { type: 'boolean' };
const object: JsonObject = { type: 'object' };
/** The upper bound keeps a time plus a duration a date, and a column's bigint. */
const milliseconds: JsonObject = { type: 'integer', minimum: 0, maximum: 1e15, description: 'ms' };
const timeLimit: JsonObject = { type: 'integer', minimum: 1, maximum: 1e15, description: 'ms' };
const backoff: JsonObject = { enum: ['fixed', 'linear', 'exponential'] };
const dateTime: JsonObject = {
  type: 'string',
  format: 'date-time',
  description: 'an ISO 8601 time; kept by the server',
};
/** The condition keeps a list of millions of wrong items from making millions of problems. */
// oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
const texts: JsonObject = { type: 'array', maxItems: 1000, if: { maxItems: 1000 }, then: { items: text } };

const retryPolicy: JsonObject = {
  type: 'object',
  properties: {
    maxRetries: { type: 'integer', minimum: 0 },
    maxAttempts: { type: 'integer', minimum: 1, description: 'maxRetries + 1' },
    backoff,
    backoffStrategy: backoff,
    initialDelay: milliseconds,
    maxDelay: milliseconds,
    maxElapsed: milliseconds,
    retryableErrors: texts,
    jitter: flag,
  },
};

/** `from` and `output` are wanted, but a mapping without them is a warning alone. */
export const mappingSchema: JsonObject = {
  type: 'object',
  required: ['from', 'output'],
  properties: {
    from: { type: 'string', minLength: 1 },
    output: { type: 'string', minLength: 1, description: 'a name or a dotted path' },
    required: flag,
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
    type: { type: 'string', minLength: 1 },
    label: text,
    name: text,
    description: text,
    color: text,
    icon: text,
    position: {
      type: 'object',
      required: ['x', 'y'],
      properties: { x: { type: 'number' }, y: { type: 'number' } },
    },
    config: object,
    inputs: { type: 'object', additionalProperties: mappingSchema },
    enabled: flag,
    retryPolicy,
    timeout: timeLimit,
    rollback: object,
    onInterrupted: { enum: ['retry', 'probe', 'ask'] },
    join: { enum: ['any', 'all'] },
  },
};

/** Editors write a handle that is not used as null. */
const handle: JsonObject = { type: ['string', 'null'] };
const portName: JsonObject = { type: 'string', minLength: 1 };

export const edgeSchema: JsonObject = {
  type: 'object',
  required: ['source', 'target'],
  properties: {
    id: { type: 'string', pattern: EDGE_ID_PATTERN, description: '1..512 characters without a control character' },
    source: { type: 'string', minLength: 1 },
    target: { type: 'string', minLength: 1 },
    sourceOutput: portName,
    sourceHandle: handle,
    targetInput: portName,
    targetHandle: handle,
    type: { enum: ['data', 'control', 'error'] },
    condition: { type: 'string', description: 'a JSONata expression' },
    label: text,
    enabled: flag,
  },
};

const settings: JsonObject = {
  type: 'object',
  properties: {
    maxConcurrency: { type: 'integer', minimum: 1 },
    timeout: timeLimit,
    retryPolicy,
    errorHandling: { enum: ['stop', 'continue', 'rollback'] },
    enableCheckpoint: flag,
    checkpointInterval: { type: 'integer', minimum: 1 },
    enableCache: flag,
    cacheTTL: milliseconds,
    verboseLogging: flag,
  },
};

const version: JsonObject = {
  type: 'object',
  properties: {
    version: { type: 'string', pattern: SEMANTIC_VERSION_PATTERN, description: 'a semantic version such as 1.0.0' },
    changelog: text,
    isDraft: flag,
    parentVersion: text,
  },
};

const metadata: JsonObject = {
  type: 'object',
  properties: { tags: texts, category: text, isPublic: flag, custom: object },
};

/** The format of a workflow document as a JSON Schema (2020-12). Fields that it does not name are kept. */
export const workflowSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Workflow',
  type: 'object',
  required: ['name', 'nodes', 'edges'],
  properties: {
    id: {
      type: 'string',
      pattern: WORKFLOW_ID_PATTERN,
      not: { enum: [...RESERVED_WORKFLOW_IDS] },
      description: `1..128 of the characters A-Z a-z 0-9 . _ : - and none of ${RESERVED_WORKFLOW_IDS.join(', ')}`,
    },
    name: { type: 'string', pattern: '\\S', maxLength: MAX_NAME_LENGTH },
    description: { type: 'string', maxLength: MAX_DESCRIPTION_LENGTH },
    author: text,
    version,
    nodes: { type: 'array', maxItems: MAX_NODES, items: nodeSchema },
    edges: { type: 'array', maxItems: MAX_EDGES, items: edgeSchema },
    settings,
    metadata,
    status: { enum: ['active', 'inactive', 'deprecated'] },
    isPublished: flag,
    createdAt: dateTime,
    updatedAt: dateTime,
  },
};
