import { ifMatchHeader } from '../../http/openapi/header-parameters.js';
import type { Parameter } from '../../http/openapi/operation.js';
import { exampleId } from './execution-examples.js';

export const executionIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  description: 'Id of the execution',
  schema: { type: 'string', minLength: 1 },
  example: exampleId,
};

export const nodeIdParameter: Parameter = {
  in: 'path',
  name: 'nodeId',
  description: 'Id of the node',
  schema: { type: 'string', minLength: 1 },
  example: 'total',
};

export const ifMatchSeq = ifMatchHeader('seq of the last event', '7');

export const idempotencyKeyHeader: Parameter = {
  in: 'header',
  name: 'Idempotency-Key',
  description:
    'Makes it safe to send the request again: the same key with the same body gives the same execution, for as long as that is kept; with another body it is 409',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'order-4711',
};

export const commandKeyHeader: Parameter = {
  in: 'header',
  name: 'Idempotency-Key',
  description:
    'Makes it safe to send the command again: the same key gives the first answer again, also a refusal, for as long as the execution is kept; with another command it is 409. One name space an execution',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'pause-4711',
};
