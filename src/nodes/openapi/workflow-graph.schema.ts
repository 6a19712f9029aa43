import { edgeSchema, mappingSchema, nodeSchema } from '../../engine/definition/workflow-schema.js';
import type { JsonObject } from '../../engine/json.js';
import { component, type Schema } from '../../http/openapi/api-schema.js';

const { position, inputs, ...nodeFields } = nodeSchema.properties as { [name: string]: JsonObject };
const { from, output, required } = mappingSchema.properties as { [name: string]: JsonObject };

/** What is only warned of is stored as it came, and so it is answered. */
const inputMapping: Schema<JsonObject> = component('InputMapping', {
  type: 'object',
  description: mappingSchema.description,
  properties: {
    from: { type: ['string', 'null'], description: from?.description },
    output: { type: ['string', 'null'], description: output?.description },
    required,
  },
});

/** A node of a document, as it is stored; fields that it does not name are kept. */
export const workflowNode: Schema<JsonObject> = component('WorkflowNode', {
  ...nodeSchema,
  description: 'A node of the graph',
  properties: {
    ...nodeFields,
    position: {
      description: position?.description,
      anyOf: [{ ...position, title: 'Position' }, { title: 'Anything else, with the warning INVALID_POSITION' }],
    },
    inputs: { ...inputs, additionalProperties: inputMapping },
  },
});

/** An edge of a document, as it is stored; fields that it does not name are kept. */
export const workflowEdge: Schema<JsonObject> = component('WorkflowEdge', {
  ...edgeSchema,
  description: 'An edge of the graph',
});
