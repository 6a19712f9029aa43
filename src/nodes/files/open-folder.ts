import { constants, existsSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { errnoOf } from './file-error.js';

/** Linux lets a path go through an open folder, as openat(2) does. */
const HANDLES = '/proc/self/fd';
const HAS_HANDLES = existsSync(HANDLES);

/** Windows lacks the last three, which counts as 0: there links are found by looking alone. */
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * A folder that is held open. Its entries are named through the handle, so nothing that is swapped in on the way to it can
 * lead a step elsewhere; a last step never follows a link. Where the system has no such paths (other than Linux) they are
 * named by the folder's own.
 */
export class OpenFolder {
  private constructor(
    private readonly handle: FileHandle,
    private readonly base: string,
  ) {}

  /** Opens the folder that all others lie in; it may be a link, which is its owner's choice. */
  static open(path: string): Promise<OpenFolder> {
    return OpenFolder.hold(path, O_RDONLY | O_DIRECTORY);
  }

  private static async hold(path: string, flags: number): Promise<OpenFolder> {
    const handle = await open(path, flags);
    return new OpenFolder(handle, HAS_HANDLES ? `${HANDLES}/${handle.fd}` : path);
  }

  /** Opens a folder in it. */
  enter(name: string): Promise<OpenFolder> {
    return OpenFolder.hold(this.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }

  /** Makes a folder in it, for good; false when somebody was faster. */
  async make(name: string, mode?: number): Promise<boolean> {
    try {
      await mkdir(this.at(name), { mode });
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
    await this.sync();
    return true;
  }

  /** What stands under the name, a link as itself; undefined when nothing does. */
  async stats(name: string): Promise<Stats | undefined> {
    return orMissing(lstat(this.at(name)));
  }

  /** Holds a file open while `work` uses it; a pipe does not hold it up. */
  async withFile<T>(name: string, flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await open(this.at(name), flags | O_NOFOLLOW | O_NONBLOCK);
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  }

  names(): Promise<string[]> {
    return readdir(this.at('.'));
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.at(from), this.at(to));
  }

  /** Removes a file; nothing happens when it is not there. */
  async remove(name: string): Promise<void> {
    await orMissing(unlink(this.at(name)));
  }

  /** Removes a folder that is empty; any other stays. */
  async removeEmpty(name: string): Promise<void> {
    try {
      await rmdir(this.at(name));
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
    }
  }

  /** Makes what was made, renamed and removed in it outlast a crash of the machine. */
  sync(): Promise<void> {
    return this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private at(name: string): string {
    return `${this.base}/${name}`;
  }
}

async function orMissing<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
