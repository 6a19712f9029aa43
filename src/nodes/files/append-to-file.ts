import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { cutFromEnd } from './appended-part.js';
import { fileError, requireFile } from './file-error.js';
import { stopIfAborted } from './files-folder.js';
import { fileThere, type FileWrite, recordOf } from './file-write.js';
import type { KeptFile, KeptRecord } from './kept-files.js';
import { readAt } from './read-parts.js';

const { O_RDWR, O_APPEND, O_CREAT } = constants;

/**
 * Keeps where the file ends and what is to be added, then adds it. Gives the bytes that it added; what an earlier attempt
 * of the run has added already is not added once more.
 * @throws NodeError
 */
export async function appendToFile(write: FileWrite): Promise<number> {
  const { files, kept, context, path, bytes } = write;
  const progress: Progress = { effect: 'none' };
  try {
    return await files.within(path.folders, { create: true }, async (folder, madeFolders) => {
      const there = await fileThere(folder, path);
      return kept.of(context, path, 'appended', async (own) => {
        const earlier = await own.record();
        if (earlier && there) {
          const done = await folder.withFile(path.name, O_RDWR, (file) => finishEarlier(file, own, earlier));
          if (done !== undefined) return done;
        }
        const { written, ...before } = recordOf('appended', write, there, madeFolders);
        await own.keep({ ...(earlier ?? before), written }, bytes);
        stopIfAborted(context.signal);
        await folder.withFile(path.name, O_RDWR | O_APPEND | O_CREAT, async (file) => {
          requireFile(path.text, await file.stat());
          await addAtEnd(file, bytes, progress);
        });
        await folder.sync();
        return bytes.length;
      });
    });
  } catch (error) {
    throw fileError(path.text, error, progress.effect);
  }
}

interface Progress {
  /** None: the file is surely as it was. */
  effect?: 'none';
}

/** The bytes that an earlier attempt has added; when it did not come to its end, what it added of them goes again. */
async function finishEarlier(file: FileHandle, own: KeptFile, { size }: KeptRecord): Promise<number | undefined> {
  const added = await own.withContent((content) => content.readFile());
  if ((await readAt(file, size, added.length)).equals(added)) {
    await file.sync();
    return added.length;
  }
  await cutFromEnd(file, size, added);
  return undefined;
}

async function addAtEnd(file: FileHandle, bytes: Buffer, progress: Progress): Promise<void> {
  const { size } = await file.stat();
  progress.effect = undefined;
  try {
    await file.appendFile(bytes);
    await file.sync();
  } catch (error) {
    // The disk is full, most of all: half a line would be worse than none.
    if (await cutFromEnd(file, size, bytes)) progress.effect = 'none';
    throw error;
  }
}
