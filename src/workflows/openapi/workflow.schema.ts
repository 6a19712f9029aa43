import { workflowSchema } from '../../engine/definition/workflow-schema.js';
import type { JsonObject } from '../../engine/json.js';
import { dateTime, described, nullable, number, share, count } from '../../http/openapi/api-schema.js';
import { component, type AnySchema, type Schema, choice, integer, list } from '../../http/openapi/api-schema.js';
import { workflowEdge, workflowNode } from '../../nodes/openapi/workflow-graph.schema.js';
import { workflowStats } from './workflow-stats.schema.js';

const { $schema: _, title: __, ...format } = workflowSchema;
const fields = format.properties as { [name: string]: JsonObject };
const { version, metadata } = fields as { version: JsonObject; metadata: JsonObject };

const graph: { [name: string]: AnySchema } = {
  nodes: { ...fields.nodes, items: workflowNode },
  edges: { ...fields.edges, items: workflowEdge },
};

/** A document as it is sent. */
export const workflowDocument: Schema<JsonObject> = component('WorkflowDocument', {
  ...format,
  description: 'A workflow as it is sent; fields that are not named here are kept',
  properties: { ...fields, ...graph },
});

/** What PUT takes: any of the document's fields. */
export const workflowChanges: AnySchema = component('WorkflowChanges', {
  ...format,
  description: 'The fields to be replaced, each as a whole; null removes an optional one',
  required: [],
  properties: {
    ...Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, nullable(schema as Schema<unknown>)])),
    ...graph,
    revision: integer('The revision that is to be changed, as with If-Match; it is not stored', { minimum: 1 }),
  },
});

/** The fields beside the graph, with what the server keeps. */
const keptFields: { [name: string]: AnySchema } = {
  ...fields,
  revision: integer('Grows with each change of nodes, edges, settings or version', { minimum: 1 }),
  version: {
    ...version,
    properties: {
      ...(version.properties as JsonObject),
      version: {
        type: 'string',
        description: 'A semantic version, unless the document has the warning INVALID_VERSION_FORMAT',
      },
    },
    required: ['version'],
  },
  metadata: {
    ...metadata,
    description: 'What helps to find the workflow, and how it has been used; the figures may lag a few seconds',
    properties: {
      ...(metadata.properties as JsonObject),
      usageCount: count('Executions so far; kept by the server'),
      avgExecutionTime: number('Mean duration of the completed ones in ms, 0 without any; kept by the server', {
        minimum: 0,
      }),
      successRate: share('completed / (completed + failed), 0 without any; kept by the server'),
      lastExecutedAt: nullable(dateTime('Begin of the last execution, null without any; kept by the server')),
    },
    required: ['usageCount', 'avgExecutionTime', 'successRate', 'lastExecutedAt'],
  },
  createdAt: dateTime('Kept by the server'),
  updatedAt: dateTime('Grows with each change; kept by the server'),
};
const KEPT = ['id', 'revision', 'name', 'version', 'status', 'isPublished', 'metadata', 'createdAt', 'updatedAt'];

/** A document as it is answered. */
export const workflow: Schema<JsonObject> = component('Workflow', {
  type: 'object',
  description: 'A workflow: the document as it was given, with what the server keeps',
  properties: { ...keptFields, ...graph },
  required: [...KEPT, 'nodes', 'edges'],
  additionalProperties: true,
});

const { nodes: _nodes, edges: _edges, ...headFields } = keptFields;

/** A document in a list. */
export const workflowRow: Schema<JsonObject> = component('WorkflowRow', {
  type: 'object',
  description: 'A workflow in a list: without nodes and edges',
  properties: {
    ...headFields,
    stats: described(workflowStats, 'Of its graph'),
    lastStatuses: {
      ...list(
        choice(['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'], 'Status of an execution'),
        'How its last executions stand, the newest first',
      ),
      maxItems: 12,
    },
  },
  required: [...KEPT, 'stats', 'lastStatuses'],
  additionalProperties: true,
});
