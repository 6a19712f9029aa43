import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { NodeContext } from '../../engine/ports.js';
import { requireFile } from './file-error.js';
import type { FilePath } from './file-path.js';
import type { FilesFolder } from './files-folder.js';
import type { KeptFiles, KeptRecord } from './kept-files.js';
import type { OpenFolder } from './open-folder.js';

/** What an attempt of a file-write is to do. */
export interface FileWrite {
  files: FilesFolder;
  kept: KeptFiles;
  context: NodeContext;
  path: FilePath;
  bytes: Buffer;
}

/** What stands where a node writes: a file or nothing. @throws NodeError for anything else */
export async function fileThere(folder: OpenFolder, path: FilePath): Promise<Stats | undefined> {
  const stats = await folder.stats(path.name);
  if (stats) requireFile(path.text, stats);
  return stats;
}

/** What is kept of a file before its first writing. */
export function recordOf(
  kind: KeptRecord['kind'],
  { path, bytes }: FileWrite,
  there: Stats | undefined,
  madeFolders: number,
): KeptRecord {
  return {
    path: path.text,
    kind,
    existed: there !== undefined,
    mode: there && permissions(there),
    size: there?.size ?? 0,
    madeFolders,
    written: sha256(bytes),
  };
}

export function permissions({ mode }: Stats): number {
  return mode & 0o777;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
