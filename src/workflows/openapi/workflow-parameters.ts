import { ifMatchHeader } from '../../http/openapi/header-parameters.js';
import type { Parameter } from '../../http/openapi/operation.js';

export const workflowIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  description: 'Id of the workflow',
  schema: { type: 'string', minLength: 1 },
  example: 'wf_orders',
};

/** A parameter of the path that is the number of a revision. */
export function revisionParameter(name: string, description: string, example: string): Parameter {
  return { in: 'path', name, description, schema: { type: 'string', pattern: '^\\d{1,10}$' }, example };
}

export const ifMatchRevision = ifMatchHeader('revision', '3');
