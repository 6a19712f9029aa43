import { mkdir } from 'node:fs/promises';
import { NodeError } from '../../engine/errors.js';
import { refuseLink } from './file-error.js';
import type { FilePath } from './file-path.js';
import { OpenFolder } from './open-folder.js';

/** How to come to a folder. */
export interface FolderOptions {
  /** Makes what is missing on the way. */
  create?: boolean;
  /** Permissions of what is made. */
  mode?: number;
}

/** The folder that file nodes may use, and nothing beside it. */
export class FilesFolder {
  /** The last work on each file that somebody works on. */
  private readonly lastWork = new Map<string, Promise<unknown>>();

  /** @param root absolute path; made when something is first written */
  constructor(readonly root: string) {}

  /**
   * Holds a folder open while `work` uses it; `made` says how many of the last folders were missing.
   * @throws NodeError FILE_OUTSIDE when one of them is a link, FILE_NOT_FOUND, FILE_ERROR
   */
  async within<T>(
    names: readonly string[],
    { create = false, mode }: FolderOptions,
    work: (folder: OpenFolder, made: number) => Promise<T>,
  ): Promise<T> {
    if (create) await mkdir(this.root, { recursive: true });
    let folder = await OpenFolder.open(this.root);
    let made = 0;
    try {
      for (const [depth, name] of names.entries()) {
        const stats = await folder.stats(name);
        if (stats) refuseLink(names.slice(0, depth + 1).join('/'), stats);
        else if (create && (await folder.make(name, mode))) made += 1;
        const next = await folder.enter(name);
        await folder.close();
        folder = next;
      }
      return await work(folder, made);
    } finally {
      await folder.close();
    }
  }

  /** Works on a file after everybody else of this server who asked earlier; not at all when the signal came before. */
  exclusively<T>({ text }: FilePath, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.lastWork.get(text) ?? Promise.resolve();
    const done = turn.then(() => {
      stopIfAborted(signal);
      return work();
    });
    const ended: Promise<unknown> = done
      .catch(() => undefined)
      .then(() => {
        if (this.lastWork.get(text) === ended) this.lastWork.delete(text);
      });
    this.lastWork.set(text, ended);
    return done;
  }
}

/** @throws NodeError the signal's reason, when the attempt was told to end; nothing has happened yet then */
export function stopIfAborted({ aborted, reason }: AbortSignal): void {
  if (!aborted) return;
  const { code, message } = reason instanceof NodeError ? reason : new NodeError('CANCELLED', String(reason));
  throw new NodeError(code, message, { effect: 'none' });
}
