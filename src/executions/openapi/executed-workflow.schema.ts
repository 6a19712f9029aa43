import { workflowSchema } from '../../engine/definition/workflow-schema.js';
import type { JsonObject } from '../../engine/json.js';
import { component, integer, type Schema } from '../../http/openapi/api-schema.js';
import { workflowEdge, workflowNode } from '../../nodes/openapi/workflow-graph.schema.js';

const {
  createdAt: _created,
  updatedAt: _updated,
  ...fields
} = workflowSchema.properties as { [name: string]: JsonObject };

/** The document of an execution's revision; fields that it does not name are kept. */
export const executedWorkflow: Schema<JsonObject> = component('ExecutedWorkflow', {
  type: 'object',
  description: 'The definition that an execution runs',
  properties: {
    ...fields,
    revision: integer('The revision that it runs', { minimum: 1 }),
    version: { type: 'object', description: (fields.version as JsonObject).description },
    nodes: { ...fields.nodes, items: workflowNode },
    edges: { ...fields.edges, items: workflowEdge },
  },
  required: ['id', 'revision', 'name', 'nodes', 'edges'],
  additionalProperties: true,
});
