import { NodeError } from '../../engine/errors.js';
import type { JsonValue } from '../../engine/json.js';

/** Names that begin so are the engine's own, in any case of letters: some systems do not tell the cases apart. */
export const RESERVED_PREFIX = '.retrace';

/** A path below the folder of the files: one name after the other, none of which leads up or out. */
export interface FilePath {
  /** The names with slashes between them: what outputs and messages show. */
  text: string;
  /** The folders on the way, from the outside in. */
  folders: readonly string[];
  name: string;
}

/**
 * Reads the path of a node's config.
 * @throws NodeError INVALID_CONFIG for a text that names no file, FILE_OUTSIDE for one that leads out of the folder
 */
export function parseFilePath(value: JsonValue | undefined): FilePath {
  if (typeof value !== 'string' || value === '') throw invalid('path: wants the path of a file as a text');
  if (value.includes('\0')) throw invalid('path: has a NUL in it');
  if (value.includes('\\')) throw invalid('path: has a backslash in it; folders are parted by slashes');
  if (value.startsWith('/')) throw outside(value, 'is absolute; paths begin at the folder of the files');
  if (value.endsWith('/')) throw invalid(`path: "${value}" names a folder`);
  const names = value.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw outside(value, 'leads upwards');
  const reserved = names.find((name) => name.toLowerCase().startsWith(RESERVED_PREFIX));
  if (reserved !== undefined) throw invalid(`path: names that begin with ${RESERVED_PREFIX} are kept for the engine`);
  const name = names.pop();
  if (name === undefined) throw invalid(`path: "${value}" names a folder`);
  return { text: [...names, name].join('/'), folders: names, name };
}

function invalid(message: string): NodeError {
  return new NodeError('INVALID_CONFIG', message, { effect: 'none' });
}

function outside(path: string, why: string): NodeError {
  return new NodeError('FILE_OUTSIDE', `path: "${path}" ${why}`, { effect: 'none' });
}
