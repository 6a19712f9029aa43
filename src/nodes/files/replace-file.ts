import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { OpenFolder } from './open-folder.js';

const { O_WRONLY, O_CREAT, O_EXCL } = constants;

/** How a file is replaced. */
export interface Replacement {
  /** The name under which the new content is written first; what is left under it is removed. */
  temporary: string;
  /** Permissions; absent: as the system makes them. */
  mode?: number;
  /** Asked before the file gets its name. */
  beforeRename?: () => void;
}

/**
 * Puts a file in place whole: whoever reads it sees the old content or the new one. Whatever it throws, the old one stands.
 * The folder's own {@link OpenFolder.sync} makes the change last.
 */
export async function replaceFile(
  folder: OpenFolder,
  name: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { temporary, mode, beforeRename }: Replacement,
): Promise<void> {
  await folder.remove(temporary);
  try {
    await folder.withFile(temporary, O_WRONLY | O_CREAT | O_EXCL, async (file) => {
      await writeFile(file, content);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    });
    beforeRename?.();
    await folder.rename(temporary, name);
  } catch (error) {
    // The first error is the one to tell.
    await folder.remove(temporary).catch(() => undefined);
    throw error;
  }
}
