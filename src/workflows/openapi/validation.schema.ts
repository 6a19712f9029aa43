import type { ValidationErrorCode, ValidationWarningCode } from '../../engine/definition/problem-log.js';
import type { ValidationProblem, ValidationResult } from '../../engine/definition/workflow-definition.js';
import { component, flag, list, optional, record, type Schema, text } from '../../http/openapi/api-schema.js';
import { workflowStats } from './workflow-stats.schema.js';

const errors: Record<ValidationErrorCode, string> = {
  MISSING_FIELD: 'a field that every document, node or edge has is absent or blank',
  INVALID_SCHEMA: 'a field has the wrong type or form',
  DUPLICATE_NODE_ID: 'two nodes have the same id',
  UNKNOWN_NODE_TYPE: 'the server has no such node type',
  INVALID_CONFIG: "the config does not fit the node type's schema",
  INVALID_EXPRESSION: 'an expression cannot be read',
  DUPLICATE_EDGE_ID: 'two edges have the same id',
  INVALID_SOURCE_NODE: 'an edge comes from a node that does not exist',
  INVALID_TARGET_NODE: 'an edge leads to a node that does not exist',
  INVALID_INPUT_MAPPING: 'an input is taken from a node that does not exist',
  SELF_LOOP: 'an edge leads to the node that it comes from',
  CIRCULAR_DEPENDENCY: 'nodes depend on one another in a circle, which the message spells out',
  INVALID_SETTING: 'a setting is out of its range',
};

const warnings: Record<ValidationWarningCode, string> = {
  INVALID_VERSION_FORMAT: 'the version is no semantic version',
  INVALID_POSITION: 'a node has no position, or a bad one',
  MISSING_CONFIG: 'a node has no config',
  INCOMPLETE_INPUT_MAPPING: 'an input mapping lacks `from` or `output`',
  MISSING_SOURCE_OUTPUT: 'an edge leaves a branching node without a port',
  MISSING_TARGET_INPUT: 'two edges spread values of the same name into one node',
  UNKNOWN_PORT: 'an edge leaves by a port that the node does not have',
  DUPLICATE_CONNECTION: 'two edges say the same',
  UNORDERED_REFERENCE: 'an expression reads a node that does not come before',
  EMPTY_WORKFLOW: 'there are no nodes',
  ISOLATED_NODE: 'a node is not connected',
  NO_START_NODE: 'every node has an incoming edge',
  NO_END_NODE: 'every node has an outgoing edge',
  UNREACHABLE_NODE: 'no path leads to a node',
  HIGH_CONCURRENCY: 'more than 100 nodes may run at once',
  LOW_TIMEOUT: 'the execution may run less than a second',
  HIGH_RETRY_COUNT: 'a node is tried again more than ten times',
  NO_ROLLBACK_HANDLER: 'a node acts outside and cannot be undone, though errorHandling is rollback',
};

/** A kind of problem: its codes with what they mean. */
function problem(name: string, codes: Record<string, string>, description: string): Schema<ValidationProblem> {
  const meanings = Object.entries(codes).map(([code, meaning]) => `- ${code}: ${meaning}`);
  return component(
    name,
    record<ValidationProblem>(
      {
        code: text(`What is wrong:\n${meanings.join('\n')}`, { enum: Object.keys(codes) }),
        message: text('For people: what is wrong, and where'),
        nodeId: optional(text('The node that it is about')),
        edgeId: optional(text('The edge that it is about')),
        field: optional(text('Dotted path of the field: in the node or edge where one is named, else in the document')),
      },
      description,
    ),
  );
}

/** What makes a document invalid. */
export const validationErrors = list(
  problem('ValidationError', errors, 'What makes a workflow invalid'),
  'All at once; of one code at most 200, then one row says how many more',
);

/** What is allowed but seldom meant. */
export const validationWarnings = list(
  problem('ValidationWarning', warnings, 'What is allowed in a workflow but seldom meant'),
  'All at once; of one code at most 200, then one row says how many more',
);

export const validationResult = component(
  'ValidationResult',
  record<ValidationResult>({
    valid: flag('True when there are no errors'),
    errors: validationErrors,
    warnings: validationWarnings,
    stats: workflowStats,
  }),
);
