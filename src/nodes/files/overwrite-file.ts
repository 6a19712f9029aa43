import { constants } from 'node:fs';
import { fileError } from './file-error.js';
import { RESERVED_PREFIX } from './file-path.js';
import { stopIfAborted } from './files-folder.js';
import { fileThere, type FileWrite, permissions, recordOf } from './file-write.js';
import { runName } from './kept-files.js';
import type { OpenFolder } from './open-folder.js';
import { partsOf } from './read-parts.js';
import { replaceFile } from './replace-file.js';

/**
 * Keeps what is there, then puts the new content in its place whole. Gives the bytes that it wrote.
 * @throws NodeError
 */
export async function overwriteFile(write: FileWrite): Promise<number> {
  const { files, kept, context, path, bytes } = write;
  let effect: 'none' | undefined = 'none';
  try {
    await files.within(path.folders, { create: true }, async (folder, madeFolders) => {
      const there = await fileThere(folder, path);
      await kept.of(context, path, 'overwritten', async (own) => {
        const earlier = await own.record();
        const record = recordOf('overwritten', write, there, madeFolders);
        // What is there now may be what an earlier attempt of this run has written.
        if (earlier) await own.keep({ ...earlier, written: record.written });
        else if (!there) await own.keep(record);
        else {
          await folder.withFile(path.name, constants.O_RDONLY, (file) =>
            own.keep(record, partsOf(file, { signal: context.signal })),
          );
        }
      });
      await replaceFile(folder, path.name, bytes, {
        temporary: await temporaryName(folder, write),
        mode: there && permissions(there),
        beforeRename: () => stopIfAborted(context.signal),
      });
      effect = undefined;
      await folder.sync();
    });
  } catch (error) {
    throw fileError(path.text, error, effect);
  }
  return bytes.length;
}

/** A name of the attempt's own. What the attempt before it left when its process died goes. */
async function temporaryName(folder: OpenFolder, { context }: FileWrite): Promise<string> {
  const nameOf = (attempt: number) => `${RESERVED_PREFIX}-${runName(context)}-${attempt}`;
  if (context.attempt > 1) await folder.remove(nameOf(context.attempt - 1));
  return nameOf(context.attempt);
}
