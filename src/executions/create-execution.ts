import { createHash } from 'node:crypto';
import { invalidParams } from '../engine/errors.js';
import type { ExecutionContextData, Trigger } from '../engine/journal/events.js';
import { isJsonObject, type JsonValue } from '../engine/json.js';
import type { ContextDto, CreateExecutionDto, TriggerDto } from './dto/create-execution.dto.js';

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
}

const LONGEST_KEY = 255;

/** @throws EngineError INVALID_PARAMS when the key is empty or too long */
export function createExecution(
  body: CreateExecutionDto,
  idempotencyKey: string | undefined,
  actor: string | undefined,
): CreateExecution {
  if (idempotencyKey !== undefined && (idempotencyKey.length < 1 || idempotencyKey.length > LONGEST_KEY)) {
    const message = `Idempotency-Key must be 1 to ${LONGEST_KEY} characters`;
    throw invalidParams([{ field: 'Idempotency-Key', message }]);
  }
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
    ...(idempotencyKey !== undefined && { idempotencyKey, bodyHash: bodyHash(body) }),
  };
}

function triggerOf({ type, userId, userName, data }: TriggerDto = { type: 'api' }): Trigger {
  return { type, userId, userName, data };
}

function contextOf({ environment, variables, metadata }: ContextDto = {}): ExecutionContextData {
  return { environment, variables, metadata };
}

/** The same for two bodies that say the same, whatever the order of their fields. */
function bodyHash(body: CreateExecutionDto): string {
  return createHash('sha256')
    .update(canonicalJson(body as unknown as JsonValue))
    .digest('hex');
}

/** JSON with the names of each object in order (RFC 8785). The depth of a body is bounded where it is read. */
function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] as JsonValue)}`);
  return `{${fields.join(',')}}`;
}
