import { totalmem } from 'node:os';

/** Bytes that this process may use: the machine's, or what its container is held to. */
export function usableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
