import { ERROR_STATUS } from '../error-status.js';
import {
  type AnySchema,
  anyJson,
  component,
  constant,
  epochMs,
  nothing,
  record,
  type Schema,
  text,
} from './api-schema.js';
import type { Failure } from './failure.js';

/** When the examples were answered. */
export const EXAMPLE_TIME = 1_704_355_200_000;

interface FailureEnvelope {
  code: number;
  success: false;
  data: null;
  message: string;
  error: unknown;
  timestamp: number;
}

const message = text('For people; its wording may change');
const timestamp = epochMs('When the answer was made');

/** The envelope around the data of a success. */
export function successEnvelope(data: AnySchema): AnySchema {
  return record<{ code: 200; success: true; data: unknown; message: string; timestamp: number }>({
    code: constant(200, '200 for every success, also under HTTP 201'),
    success: constant(true, 'True'),
    data,
    message,
    timestamp,
  });
}

const failureSchemas = new WeakMap<Failure, AnySchema>();

/** The envelope of a failure, under its name; the same one whenever it is asked for. */
export function failureEnvelope(failure: Failure): AnySchema {
  const known = failureSchemas.get(failure);
  if (known) return known;
  const made = makeFailureEnvelope(failure);
  failureSchemas.set(failure, made);
  return made;
}

function makeFailureEnvelope({ name, code, details }: Failure): AnySchema {
  const error = {
    type: 'object',
    description: 'What went wrong, for programs',
    properties: {
      code: constant(code, 'What kind of failure it is'),
      ...(details && { details: { description: 'What is to be known beside the message', ...details.schema } }),
    },
    required: ['code', ...(details ? ['details'] : [])],
    additionalProperties: false,
  };
  return component(name, envelopeAround(constant(ERROR_STATUS[code], 'The HTTP status'), error));
}

/** The envelope of any failure, for those that no operation names. */
export const anyFailure = component(
  'Failure',
  envelopeAround(
    { type: 'integer', description: 'The HTTP status' },
    {
      type: 'object',
      description: 'What went wrong, for programs',
      properties: {
        code: { type: 'string', enum: Object.keys(ERROR_STATUS), description: 'What kind of failure it is' },
        details: anyJson('What is to be known beside the message; its form depends on the code'),
      },
      required: ['code'],
      additionalProperties: false,
    },
  ),
);

function envelopeAround(code: AnySchema, error: AnySchema): Schema<FailureEnvelope> {
  return record<FailureEnvelope>({ code, success: constant(false, 'False'), data: nothing, message, error, timestamp });
}
