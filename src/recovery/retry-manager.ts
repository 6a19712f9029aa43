import { Injectable } from '@nestjs/common';
import type { RetryPolicyDefinition } from '../engine/definition/workflow-definition.js';
import { backoffDelay } from '../engine/retry/backoff.js';
import { executeWithRetry } from '../engine/retry/execute-with-retry.js';
import { effectiveRetryPolicy, type RetryPolicy } from '../engine/retry/retry-policy.js';
import { Clock } from '../executions/clock.js';
import { NodeRegistry } from '../nodes/node-registry.js';

/**
 * Retries as nodes have them, for code of the server's own; a node type has them in its context (`retry`), and what a node
 * itself is tried again by is decided where it is driven.
 */
@Injectable()
export class RetryManager {
  constructor(
    private readonly clock: Clock,
    private readonly registry: NodeRegistry,
  ) {}

  /** What holds for nodes of a type, or for one that says nothing; times are ms. */
  getDefaultRetryConfig(type?: string): RetryPolicy {
    return effectiveRetryPolicy(type === undefined ? undefined : this.registry.get(type)?.retry);
  }

  /** The pause in ms after that many failed attempts (from 1), with jitter where the policy has it. */
  calculateDelay(policy: RetryPolicyDefinition, failedAttempts: number): number {
    return backoffDelay(effectiveRetryPolicy(policy), failedAttempts, Math.random);
  }

  /**
   * Calls the operation until it succeeds or the policy ends it.
   * @throws the operation's last error; the signal's reason
   */
  executeWithRetry<T>(
    operation: (attempt: number) => T | Promise<T>,
    policy: RetryPolicyDefinition = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const ports = { scheduler: this.clock, random: Math.random, signal };
    return executeWithRetry(operation, effectiveRetryPolicy(policy), ports);
  }
}
