import type { Backoff, RetryPolicyDefinition } from '../definition/workflow-definition.js';

/** A retry policy with every field decided. Times are ms. */
export interface RetryPolicy {
  maxRetries: number;
  backoff: Backoff;
  initialDelay: number;
  maxDelay: number;
  /** No attempt begins later than this after the first one began. */
  maxElapsed?: number;
  /** Empty: every error that can change by itself. */
  retryableErrors: readonly string[];
  jitter: boolean;
}

/** What holds for a type that says nothing: two attempts, a second apart. */
const DEFAULT_POLICY: RetryPolicy = {
  maxRetries: 1,
  backoff: 'fixed',
  initialDelay: 1000,
  maxDelay: 24 * 3_600_000,
  retryableErrors: [],
  jitter: false,
};

/** Merges field by field: the node's policy over the workflow's over the type's. */
export function effectiveRetryPolicy(...policies: (RetryPolicyDefinition | undefined)[]): RetryPolicy {
  return policies.reduce<RetryPolicy>((policy, definition) => policyOver(policy, definition), DEFAULT_POLICY);
}

/** The policy with what the definition says in its place. */
export function policyOver(policy: RetryPolicy, definition: RetryPolicyDefinition | undefined): RetryPolicy {
  if (!definition) return policy;
  const retries =
    definition.maxRetries ?? (definition.maxAttempts === undefined ? undefined : definition.maxAttempts - 1);
  return {
    maxRetries: Math.max(0, retries ?? policy.maxRetries),
    backoff: definition.backoff ?? definition.backoffStrategy ?? policy.backoff,
    initialDelay: definition.initialDelay ?? policy.initialDelay,
    maxDelay: definition.maxDelay ?? policy.maxDelay,
    maxElapsed: definition.maxElapsed ?? policy.maxElapsed,
    retryableErrors: definition.retryableErrors ?? policy.retryableErrors,
    jitter: definition.jitter ?? policy.jitter,
  };
}
