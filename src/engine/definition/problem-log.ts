import type { ValidationProblem } from './workflow-definition.js';

export type ValidationErrorCode =
  | 'MISSING_FIELD'
  | 'INVALID_SCHEMA'
  | 'DUPLICATE_NODE_ID'
  | 'UNKNOWN_NODE_TYPE'
  | 'INVALID_CONFIG'
  | 'INVALID_EXPRESSION'
  | 'DUPLICATE_EDGE_ID'
  | 'INVALID_SOURCE_NODE'
  | 'INVALID_TARGET_NODE'
  | 'INVALID_INPUT_MAPPING'
  | 'SELF_LOOP'
  | 'CIRCULAR_DEPENDENCY'
  | 'INVALID_SETTING';

export type ValidationWarningCode =
  | 'INVALID_VERSION_FORMAT'
  | 'INVALID_POSITION'
  | 'MISSING_CONFIG'
  | 'INCOMPLETE_INPUT_MAPPING'
  | 'MISSING_SOURCE_OUTPUT'
  | 'MISSING_TARGET_INPUT'
  | 'UNKNOWN_PORT'
  | 'DUPLICATE_CONNECTION'
  | 'UNORDERED_REFERENCE'
  | 'EMPTY_WORKFLOW'
  | 'ISOLATED_NODE'
  | 'NO_START_NODE'
  | 'NO_END_NODE'
  | 'UNREACHABLE_NODE'
  | 'HIGH_CONCURRENCY'
  | 'LOW_TIMEOUT'
  | 'HIGH_RETRY_COUNT'
  | 'NO_ROLLBACK_HANDLER';

/** A node or an edge by its id, or, where it has none that can be used, by its path from the document's root. */
export interface Place {
  nodeId?: string;
  edgeId?: string;
  path?: string;
}

/** Problems of one code that are told one by one; a further row says how many more there are. */
const MAX_PER_CODE = 200;
/** Longest name from a document that a message repeats, in UTF-16 units. */
const MAX_QUOTED = 128;

/** Gathers what validation finds, bounded, so that a document of a million mistakes gets an answer of sensible size. */
export class ProblemLog {
  private readonly errorRows = new Map<string, ProblemRows>();
  private readonly warningRows = new Map<string, ProblemRows>();

  /** `field` is dotted and counts from the place. */
  error(code: ValidationErrorCode, message: string, place: Place = {}, field?: string): void {
    add(this.errorRows, code, message, place, field);
  }

  warning(code: ValidationWarningCode, message: string, place: Place = {}, field?: string): void {
    add(this.warningRows, code, message, place, field);
  }

  /** By code, in the order in which the codes were first met. */
  errors(): ValidationProblem[] {
    return [...this.errorRows.values()].flatMap(listed);
  }

  warnings(): ValidationProblem[] {
    return [...this.warningRows.values()].flatMap(listed);
  }
}

interface ProblemRows {
  code: string;
  rows: ValidationProblem[];
  more: number;
}

function add(log: Map<string, ProblemRows>, code: string, message: string, place: Place, field?: string): void {
  const entry = log.get(code) ?? { code, rows: [], more: 0 };
  log.set(code, entry);
  if (entry.rows.length >= MAX_PER_CODE) {
    entry.more += 1;
    return;
  }
  const { nodeId, edgeId, path } = place;
  const whole = [path, field].filter((part) => part !== undefined && part !== '').join('.');
  entry.rows.push({
    code,
    message,
    ...(nodeId !== undefined && { nodeId }),
    ...(edgeId !== undefined && { edgeId }),
    ...(whole !== '' && { field: whole }),
  });
}

function listed({ code, rows, more }: ProblemRows): ValidationProblem[] {
  return more === 0 ? rows : [...rows, { code, message: `${more} more problems of this kind` }];
}

/** A name from the document as a message shows it. */
export function quote(name: string): string {
  return name.length > MAX_QUOTED ? `"${name.slice(0, MAX_QUOTED)}…"` : `"${name}"`;
}
