import { TAGS } from '../../http/openapi/api-overview.js';
import { choice, component, count, freeObject, list, nullable, record, text } from '../../http/openapi/api-schema.js';
import { operation } from '../../http/openapi/operation.js';
import type { NodeTypeList, NodeTypeView } from '../node-type-view.js';

const nodeType = component(
  'NodeType',
  record<NodeTypeView>(
    {
      type: text('What nodes of it have as `type`'),
      aliases: list(text('A name'), 'Other names that a document may use'),
      name: text('Display name'),
      category: text('Group of types, for display'),
      description: text('What it does'),
      version: text('Semantic version'),
      effect: choice(
        ['pure', 'idempotent', 'external'],
        'What it does to the world: nothing, the same thing however often, or something that is recorded before it happens',
      ),
      ports: nullable(
        list(text('A port'), 'Names of the outputs that branch: none for most types; null when the config names them'),
      ),
      configSchema: freeObject('JSON Schema (2020-12) of `config`, without expressions'),
      rollbackSchema: nullable(freeObject('JSON Schema of the compensation parameters; null for a type that has none')),
    },
    'A type of node',
  ),
);

export const listNodeTypes = operation({
  operationId: 'listNodeTypes',
  tag: TAGS.nodeTypes.name,
  summary: 'List the node types',
  description: 'What a node of a workflow can be, with the JSON Schema of its parameters, for editors and validators.',
  answers: {
    200: {
      description: 'All node types of this server',
      data: record<NodeTypeList>({
        nodeTypes: list(nodeType, 'The built-in ones first'),
        count: count('How many there are'),
      }),
      example: {
        nodeTypes: [
          {
            type: 'transform',
            aliases: ['process'],
            name: 'Transform',
            category: 'data',
            description: 'Makes a new value out of inputs, variables and outputs of earlier nodes.',
            version: '1.0.0',
            effect: 'pure',
            ports: [],
            configSchema: {
              type: 'object',
              properties: {
                output: { description: 'Any JSON with expressions in its texts; what is no object becomes { value }.' },
              },
              additionalProperties: false,
            },
            rollbackSchema: null,
          },
        ],
        count: 1,
      },
    },
  },
});
