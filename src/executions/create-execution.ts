import { createHash } from 'node:crypto';
import { canonicalJson } from '../engine/canonical-json.js';
import type { ExecutionContextData, Trigger } from '../engine/journal/events.js';
import type { JsonObject } from '../engine/json.js';
import type { ContextDto, CreateExecutionDto, TriggerDto } from './dto/create-execution.dto.js';
import { idempotencyKey } from './idempotency-key.js';

/** What an execution is created from. */
export interface CreateExecution {
  workflowId: string;
  /** Absent: the current one. */
  revision?: number;
  trigger: Trigger;
  context: ExecutionContextData;
  labels: { [name: string]: string };
  /** -100..100 */
  priority: number;
  /** Epoch ms before which it does not start. */
  runAt?: number;
  /** 1..255 characters; comes with `bodyHash`. */
  idempotencyKey?: string;
  /** SHA-256 (hex) of the canonical body, which tells a repetition from another request. */
  bodyHash?: string;
  actor?: string;
  reason?: string;
  /** The execution that it runs again. */
  rerunOf?: string;
}

/** @throws EngineError INVALID_PARAMS when the key is empty or too long */
export function createExecution(
  body: CreateExecutionDto,
  keyHeader: string | undefined,
  actor: string | undefined,
): CreateExecution {
  const key = idempotencyKey(keyHeader);
  const { workflowId, revision, trigger, context, labels = {}, priority, runAt } = body;
  return {
    workflowId,
    revision,
    trigger: triggerOf(trigger),
    context: contextOf(context),
    labels,
    priority,
    runAt,
    actor,
    ...(key !== undefined && { idempotencyKey: key, bodyHash: bodyHash(body) }),
  };
}

export function triggerOf({ type, userId, userName, data }: TriggerDto = { type: 'api' }): Trigger {
  return { type, userId, userName, data };
}

function contextOf({ environment, variables, metadata }: ContextDto = {}): ExecutionContextData {
  return { environment, variables, metadata };
}

/** The same for two bodies that say the same, whatever the order of their fields. */
export function bodyHash(body: object): string {
  return createHash('sha256')
    .update(canonicalJson(body as JsonObject))
    .digest('hex');
}
