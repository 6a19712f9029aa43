import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import type { NodeContext } from '../../engine/ports.js';
import { contentWithout, cutFromEnd, findIn } from './appended-part.js';
import { errnoOf, fileError } from './file-error.js';
import { type FilePath, parseFilePath, RESERVED_PREFIX } from './file-path.js';
import type { FilesFolder } from './files-folder.js';
import { fileThere, permissions } from './file-write.js';
import { type KeptFile, type KeptFiles, type KeptRecord, runName } from './kept-files.js';
import type { OpenFolder } from './open-folder.js';
import { partsOf } from './read-parts.js';
import { replaceFile } from './replace-file.js';

const { O_RDONLY, O_RDWR } = constants;

/** A file that a run has written, and what is kept of it. */
interface Undoing {
  files: FilesFolder;
  context: NodeContext;
  path: FilePath;
  kept: KeptFile;
  record: KeptRecord;
}

/**
 * Takes back what a run of a file-write has written. Done again, it finds nothing to do.
 * @throws NodeError FILE_ERROR when a node that has written keeps nothing any more
 */
export async function undoFileWrite(
  files: FilesFolder,
  keptFiles: KeptFiles,
  context: NodeContext & { outputs: JsonObject | undefined },
): Promise<void> {
  const count = await keptFiles.each(context, async (kept, record) => {
    const path = parseFilePath(record.path);
    const undo = record.kind === 'appended' ? takeOut : record.existed ? putBack : remove;
    await files.exclusively(path, context.signal, async () => {
      if (await kept.isUndone()) return;
      try {
        await undo({ files, context, path, kept, record });
        await kept.markUndone();
      } catch (error) {
        throw fileError(path.text, error);
      }
    });
  });
  // It is kept before anything is written: without it an attempt of an unknown outcome has not come so far.
  if (count > 0 || context.outputs === undefined) return;
  throw new NodeError('FILE_ERROR', 'What was there before is not kept any more', { effect: 'none' });
}

/** There was a file: it gets its old content, whatever became of it since. */
async function putBack({ files, context, path, kept, record }: Undoing): Promise<void> {
  await files.within(path.folders, { create: true }, async (folder) => {
    await warnOfChange({ folder, context, path, kept, record });
    await kept.withContent((content) =>
      replaceFile(folder, path.name, partsOf(content), {
        temporary: temporaryName(context),
        mode: record.mode,
      }),
    );
    await folder.sync();
  });
}

/** There was none. */
async function remove({ files, context, path, kept, record }: Undoing): Promise<void> {
  await whereThere(files, path, async (folder) => {
    await warnOfChange({ folder, context, path, kept, record });
    await folder.remove(path.name);
    await folder.sync();
  });
  await removeMadeFolders(files, path, record);
}

/** What was added goes, wherever it stands by now; what others have added stays. */
async function takeOut({ files, context, path, kept, record }: Undoing): Promise<void> {
  const added = await kept.withContent((content) => content.readFile());
  await whereThere(files, path, async (folder) => {
    const there = await fileThere(folder, path);
    if (!there || added.length === 0) return;
    const left = await folder.withFile(path.name, O_RDWR, async (file) => {
      if (await cutFromEnd(file, record.size, added)) return record.size;
      const at = await findIn(file, added, record.size);
      if (at === undefined) {
        context.log('warn', `${path.text}: what the node had added is not in the file any more; nothing was taken out`);
        return there.size;
      }
      const rest = contentWithout(file, at, added.length);
      await replaceFile(folder, path.name, rest, { temporary: temporaryName(context), mode: permissions(there) });
      return there.size - added.length;
    });
    if (left === 0 && !record.existed) await folder.remove(path.name);
    await folder.sync();
  });
  await removeMadeFolders(files, path, record);
}

/** Folders that were made for the file go when nothing else came to lie in them. */
async function removeMadeFolders(
  files: FilesFolder,
  { folders }: FilePath,
  { madeFolders }: KeptRecord,
): Promise<void> {
  for (let depth = folders.length - 1; depth >= folders.length - madeFolders; depth -= 1) {
    const name = folders[depth] as string;
    await whereThere(files, { folders: folders.slice(0, depth) }, async (folder) => {
      await folder.removeEmpty(name);
      await folder.sync();
    });
  }
}

/** Somebody else may have written since: what is there now is about to be lost, so the log keeps a word of it. */
async function warnOfChange(undoing: Omit<Undoing, 'files'> & { folder: OpenFolder }): Promise<void> {
  const { folder, context, path, kept, record } = undoing;
  const there = await fileThere(folder, path);
  if (!there && !record.existed) return;
  const now = there && (await folder.withFile(path.name, O_RDONLY, digest));
  if (now === record.written || (record.existed && now === (await kept.withContent(digest)))) return;
  const what = there ? 'was changed' : 'was removed';
  context.log('warn', `${path.text}: ${what} since the node wrote it; it is as before the node all the same`);
}

async function digest(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of partsOf(file)) hash.update(part);
  return hash.digest('hex');
}

/** Nothing is to be done in a folder that is gone. */
async function whereThere(
  files: FilesFolder,
  { folders }: Pick<FilePath, 'folders'>,
  work: (folder: OpenFolder) => Promise<void>,
): Promise<void> {
  try {
    await files.within(folders, {}, work);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function temporaryName(context: NodeContext): string {
  return `${RESERVED_PREFIX}-${runName(context)}-undo`;
}
