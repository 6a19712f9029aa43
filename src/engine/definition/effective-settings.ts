import type { ErrorHandling, WorkflowSettings } from './workflow-definition.js';

/** A workflow's settings with every field decided; the retry policy is merged node by node (retry-policy.ts). */
export interface EffectiveSettings {
  /** Nodes of one execution that run at once. */
  maxConcurrency: number;
  /** ms in which at least one node runs. */
  timeout: number;
  errorHandling: ErrorHandling;
  enableCheckpoint: boolean;
  /** Every n-th completed node is listed as a checkpoint. */
  checkpointInterval: number;
  enableCache: boolean;
  /** ms */
  cacheTTL: number;
  verboseLogging: boolean;
}

/** What holds where a document says nothing. */
export function effectiveSettings(settings: WorkflowSettings = {}): EffectiveSettings {
  return {
    maxConcurrency: settings.maxConcurrency ?? 5,
    timeout: settings.timeout ?? 300_000,
    errorHandling: settings.errorHandling ?? 'stop',
    enableCheckpoint: settings.enableCheckpoint ?? true,
    checkpointInterval: settings.checkpointInterval ?? 1,
    enableCache: settings.enableCache ?? false,
    cacheTTL: settings.cacheTTL ?? 3_600_000,
    verboseLogging: settings.verboseLogging ?? false,
  };
}
