import type { Stats } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { NodeError } from '../../engine/errors.js';

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'FILE_NOT_FOUND',
  EISDIR: 'FILE_IS_DIRECTORY',
  // A link that came into its place after it was looked at.
  ELOOP: 'FILE_OUTSIDE',
};

/** An error of the file system as a node's: Node's own message has the path on the server in it. Others stay as they are. */
export function fileError(path: string, error: unknown, effect?: 'none'): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const [, words = 'could not be used'] = getSystemErrorMap().get((error as { errno?: number }).errno ?? 0) ?? [];
  return new NodeError(CODES[errno] ?? 'FILE_ERROR', `${path}: ${words} (${errno})`, {
    effect,
    details: { path, errno },
  });
}

/** The system's name of what went wrong (ENOENT); undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : code;
}

/**
 * Links are not followed, wherever they lead, and pipes and devices are no files.
 * @throws NodeError FILE_OUTSIDE, FILE_IS_DIRECTORY, FILE_ERROR
 */
export function requireFile(path: string, stats: Stats): void {
  refuseLink(path, stats);
  if (stats.isDirectory()) throw new NodeError('FILE_IS_DIRECTORY', `${path}: is a folder`, { effect: 'none' });
  if (!stats.isFile()) throw new NodeError('FILE_ERROR', `${path}: is no regular file`, { effect: 'none' });
}

/** @throws NodeError FILE_OUTSIDE */
export function refuseLink(path: string, stats: Stats): void {
  if (!stats.isSymbolicLink()) return;
  throw new NodeError('FILE_OUTSIDE', `${path}: is a link, which could lead out of the folder of the files`, {
    effect: 'none',
  });
}
