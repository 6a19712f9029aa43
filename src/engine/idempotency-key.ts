import { createHash } from 'node:crypto';

/**
 * What an external node sends along so that a repeat is recognised: 46 ASCII characters, since a node id may be in any
 * script and most services stop at 255 bytes.
 */
export function idempotencyKey(executionId: string, nodeId: string, run: number): string {
  return `rt_${createHash('sha256').update(`${executionId}\0${nodeId}\0${run}`).digest('base64url')}`;
}

/** The key under which a node's run is undone: the same for every attempt of its handler. */
export function undoKey(executionId: string, nodeId: string, run: number): string {
  return `${idempotencyKey(executionId, nodeId, run)}_undo`;
}
