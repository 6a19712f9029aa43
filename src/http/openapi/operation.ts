import type { StreamableFile } from '@nestjs/common';
import type { Answer } from '../envelope.js';
import type { AnySchema, Schema } from './api-schema.js';
import type { Failure } from './failure.js';

/** A parameter of the path or a header. Those of the query are described where their DTO declares them. */
export interface Parameter {
  in: 'path' | 'header';
  name: string;
  description: string;
  schema: AnySchema;
  example: string;
}

/** A header of an answer. */
export interface AnswerHeader {
  description: string;
  example: string;
}

/** What a body holds; with a DTO its schema is the DTO's. */
export interface RequestBody {
  description: string;
  /** For a body that no DTO describes. */
  schema?: AnySchema;
  examples: { [name: string]: { summary: string; value: unknown } };
}

/** A successful answer, without its envelope. */
export interface SuccessAnswer<T> {
  description: string;
  /** Where it is not JSON: then it has no envelope. */
  contentType?: string;
  data: Schema<T>;
  example: NoInfer<T>;
  /** Where it is made at run time; else the route's own. */
  message?: string;
  headers?: { [name: string]: AnswerHeader };
}

/** What the API document says of an operation, beside what the route and its DTOs say themselves. */
export interface OperationDoc<T> {
  /** Stable: generated clients name their methods after it. */
  operationId: string;
  tag: string;
  /** A few words. */
  summary: string;
  /** Markdown. */
  description?: string;
  parameters?: readonly Parameter[];
  body?: RequestBody;
  /** By HTTP status. */
  answers: { [status: number]: SuccessAnswer<T> };
  /** Beside those that any operation can have. */
  failures?: readonly Failure[];
  /** Whoever asks may have the answer. */
  isPublic?: boolean;
}

type Returned<T> = T | Answer | StreamableFile;
type Handler<T> = (...args: never[]) => Returned<T> | Promise<Returned<T>>;

const OPERATION = Symbol('operation');

/** Infers what an operation answers. */
export function operation<T>(doc: OperationDoc<T>): OperationDoc<T> {
  return doc;
}

/** Describes the method of a controller in the API document; what it returns must be what the document promises. */
export function Operation<T>(doc: OperationDoc<T>) {
  return <M extends Handler<T>>(_target: object, _name: string | symbol, { value }: TypedPropertyDescriptor<M>) => {
    if (value !== undefined) Reflect.defineMetadata(OPERATION, doc, value);
  };
}

/** What {@link Operation} says of a method. */
export function operationOf(method: object): OperationDoc<unknown> | undefined {
  return Reflect.getMetadata(OPERATION, method) as OperationDoc<unknown> | undefined;
}
