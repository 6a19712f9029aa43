import { jsonBytes } from '../json-size.js';
import type { CheckpointRecord } from './record-checkpoints.js';
import type { NodeRecord, Truncated } from './record-nodes.js';

/** An answer that holds inputs and outputs is at most so large. */
export const RECORD_LIMIT_BYTES = 8 * 1024 * 1024;

/** `{"truncated":true,"bytes":12345678}` */
const PLACEHOLDER_BYTES = 36;

interface Replaceable {
  bytes: number;
  replace: (placeholder: Truncated) => void;
}

type Limited = { nodes: NodeRecord[]; checkpoints?: CheckpointRecord[]; result?: object | null };

/**
 * Puts `{ truncated: true, bytes }` in place of the largest inputs and outputs, until the whole is at most 8 MiB. What
 * checkpoints show of them, and the result, are outputs too.
 */
export function limitRecord<T extends Limited>(record: T): T {
  // Nothing that could be replaced, as in a record that was just created: not worth measuring.
  const hasCheckpoints = record.checkpoints !== undefined && record.checkpoints.length > 0;
  if (!hasCheckpoints && !record.result && !record.nodes.some(({ inputs, outputs }) => inputs || outputs))
    return record;
  const known = new Map<object, number>();
  let total = jsonBytes(record, known);
  if (total <= RECORD_LIMIT_BYTES) return record;
  const parts = replaceable(record, known).sort((a, b) => b.bytes - a.bytes);
  for (const { bytes, replace } of parts) {
    if (total <= RECORD_LIMIT_BYTES || bytes <= PLACEHOLDER_BYTES) break;
    replace({ truncated: true, bytes });
    total -= bytes - PLACEHOLDER_BYTES;
  }
  return record;
}

function replaceable(record: Limited, known: Map<object, number>): Replaceable[] {
  const parts: Replaceable[] = [];
  const add = <K extends string>(holder: { [key in K]?: object | null }, key: K) => {
    const value = holder[key];
    if (!value) return;
    parts.push({
      bytes: jsonBytes(value, known),
      replace: (placeholder) => {
        holder[key] = placeholder;
      },
    });
  };
  for (const node of record.nodes) {
    add(node, 'inputs');
    add(node, 'outputs');
  }
  for (const { state } of record.checkpoints ?? []) {
    add(state, 'variables');
    add(state, 'outputs');
  }
  add(record, 'result');
  return parts;
}
