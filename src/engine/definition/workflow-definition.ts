import type { JsonObject } from '../json.js';

export type WorkflowStatus = 'active' | 'inactive' | 'deprecated';

export interface VersionInfo extends JsonObject {
  /** Semantic version, default 1.0.0. */
  version?: string;
  changelog?: string;
  isDraft?: boolean;
  parentVersion?: string;
}

/** A node of the graph. The type's parameters stand in `config`. */
export interface NodeDefinition extends JsonObject {
  id: string;
  type: string;
  label?: string;
  name?: string;
  config?: JsonObject;
  inputs?: { [inputName: string]: InputMapping };
  enabled?: boolean;
  retryPolicy?: RetryPolicyDefinition;
  /** Limit of one attempt in ms. */
  timeout?: number;
  rollback?: JsonObject;
  onInterrupted?: OnInterrupted;
  join?: 'any' | 'all';
}

/** Takes an input from another node's output; `output` is a name or a dotted path. */
export interface InputMapping extends JsonObject {
  from: string;
  output: string;
  required?: boolean;
}

export type OnInterrupted = 'retry' | 'probe' | 'ask';

export interface EdgeDefinition extends JsonObject {
  id?: string;
  source: string;
  target: string;
  sourceOutput?: string;
  sourceHandle?: string;
  targetInput?: string;
  targetHandle?: string;
  type?: 'data' | 'control' | 'error';
  condition?: string;
  enabled?: boolean;
}

export type ErrorHandling = 'stop' | 'continue' | 'rollback';

export interface WorkflowSettings extends JsonObject {
  maxConcurrency?: number;
  /** ms in which at least one node runs. */
  timeout?: number;
  retryPolicy?: RetryPolicyDefinition;
  errorHandling?: ErrorHandling;
  enableCheckpoint?: boolean;
  checkpointInterval?: number;
  enableCache?: boolean;
  cacheTTL?: number;
  verboseLogging?: boolean;
}

export type Backoff = 'fixed' | 'linear' | 'exponential';

/** Both spellings that a document may use; `maxAttempts` is `maxRetries + 1`. */
export interface RetryPolicyDefinition extends JsonObject {
  maxRetries?: number;
  maxAttempts?: number;
  backoff?: Backoff;
  backoffStrategy?: Backoff;
  /** ms */
  initialDelay?: number;
  /** ms */
  maxDelay?: number;
  /** ms, waits included: no attempt begins after it. */
  maxElapsed?: number;
  retryableErrors?: string[];
  jitter?: boolean;
}

/** What a revision holds of a document; each change of it makes a new one. */
export interface RevisionContent {
  nodes: NodeDefinition[];
  edges: EdgeDefinition[];
  settings?: WorkflowSettings;
  version?: VersionInfo;
}

/** A problem that validation found; `field` is a dotted path. */
export interface ValidationProblem {
  code: string;
  message: string;
  nodeId?: string;
  edgeId?: string;
  field?: string;
}

export interface WorkflowStats {
  totalNodes: number;
  totalEdges: number;
  /** Nodes without an incoming edge. */
  startNodes: number;
  /** Nodes without an outgoing edge. */
  endNodes: number;
  /** Nodes on the longest path; 0 with a cycle. */
  maxDepth: number;
  /** ms along the critical path, from past executions; absent without history. */
  estimatedExecutionTime?: number;
}

export interface ValidationResult {
  valid: boolean;
  errors: ValidationProblem[];
  warnings: ValidationProblem[];
  stats: WorkflowStats;
}

/** The name that people see: `label`, else `name`, else `id`. */
export function nodeDisplayName(node: NodeDefinition): string {
  return node.label || node.name || node.id;
}
