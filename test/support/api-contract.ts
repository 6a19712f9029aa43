import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Schema = Record<string, unknown>;

/** The parts of an OpenAPI document that tests look at. */
export interface ApiDocument {
  openapi: string;
  info: { description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, ApiOperation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, ApiResponse>;
    headers: Record<string, { schema: Schema; example: unknown }>;
  };
}

export interface ApiOperation {
  operationId: string;
  summary?: string;
  tags: string[];
  parameters: { name: string; in: string; description?: string; schema: Schema; example?: unknown }[];
  requestBody?: { content: { 'application/json': ApiContent } };
  responses: Record<string, ApiResponse | { $ref: string }>;
}

export interface ApiResponse {
  description: string;
  headers: Record<string, unknown>;
  content: { 'application/json': ApiContent };
}

export interface ApiContent {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

/** What a response holds, under its media type: JSON, but for the few that are something else. */
export function contentOf({ content }: ApiResponse): [type: string, ApiContent] {
  const [entry, ...others] = Object.entries(content);
  if (!entry || others.length > 0) throw new Error('a response has one media type');
  return entry;
}

/** An answer as it came. */
interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** An operation with its place in the document. */
export interface PlacedOperation {
  method: string;
  path: string;
  operation: ApiOperation;
}

/** Holds what a server answers against what its API document says. */
export class ApiContract {
  readonly operations: PlacedOperation[];
  /** What was answered so far: `<operationId> <status>`. */
  readonly answered = new Set<string>();
  private readonly ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    validateSchema: false,
    // Most operations are asked a few times only: what is soon compiled matters more than what runs fast.
    inlineRefs: false,
    code: { optimize: false },
  });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(readonly document: ApiDocument) {
    addFormats.default(this.ajv);
    this.ajv.addVocabulary([...Object.keys(document), 'discriminator']);
    this.ajv.addSchema(document, 'document');
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
    // Static paths win over parameters.
    this.operations.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  }

  /** Reads the document that a server serves. */
  static async of(serverUrl: string): Promise<ApiContract> {
    const response = await fetch(`${serverUrl}/openapi.json`);
    return new ApiContract((await response.json()) as ApiDocument);
  }

  /**
   * @param target path and query
   * @throws Error when the document does not describe the answer
   */
  check(method: string, target: string, answer: Answer): void {
    const [path = ''] = target.split('?', 1);
    const found = this.operations.find((one) => one.method === method && isPathOf(one.path, path));
    const at = `${method} ${target} answered ${answer.status}`;
    if (!found) {
      if (answer.status < 400) throw new Error(`${at}, but the document has no such operation`);
      this.match(['components', 'schemas', 'Failure'], answer.body, at);
      return;
    }
    // Test modules have operations that say nothing of themselves.
    if (found.operation.summary === undefined) return;
    const { path: template, operation } = found;
    if (!operation.responses[answer.status]) throw new Error(`${at}, which ${operation.operationId} does not describe`);
    const [place, response] = this.responseAt(template, found, answer.status);
    for (const name of Object.keys(response.headers)) {
      if (!answer.headers.has(name)) throw new Error(`${at} without the header ${name}`);
    }
    const type = answer.headers.get('content-type');
    const [described] = contentOf(response);
    if (type?.split(';', 1)[0] !== described) throw new Error(`${at} with the type ${type}`);
    this.match([...place, 'content', described, 'schema'], answer.body, at);
    this.answered.add(`${operation.operationId} ${answer.status}`);
  }

  /** The schema at a place of the document, compiled. */
  compile(place: readonly string[]): ValidateFunction {
    const pointer = place.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`);
    const $ref = `document#${pointer.join('')}`;
    const validate = this.compiled.get($ref) ?? this.ajv.compile({ $ref });
    this.compiled.set($ref, validate);
    return validate;
  }

  /** @throws Error when the value is not what the schema at that place says */
  match(place: readonly string[], value: unknown, what: string): void {
    const validate = this.compile(place);
    if (validate(value)) return;
    throw new Error(`${what}, but not as the document describes it:\n${explain(validate.errors)}\n${shown(value)}`);
  }

  /** A response with its place, after following a reference. */
  responseAt(path: string, { method, operation }: PlacedOperation, status: number | string): [string[], ApiResponse] {
    const response = operation.responses[status];
    if (response && '$ref' in response) {
      const name = response.$ref.split('/').at(-1) as string;
      return [['components', 'responses', name], this.document.components.responses[name] as ApiResponse];
    }
    return [['paths', path, method.toLowerCase(), 'responses', String(status)], response as ApiResponse];
  }
}

function isPathOf(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')];
  if (wanted.length !== given.length) return false;
  return wanted.every((part, index) => (part.startsWith('{') ? given[index] !== '' : given[index] === part));
}

/** The deepest problems first: of many alternatives they tell which one was meant. */
function explain(errors: ErrorObject[] | null | undefined): string {
  const sorted = [...(errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length);
  return sorted
    .slice(0, 5)
    .map(({ instancePath, message, params }) => `  ${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('\n');
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}
