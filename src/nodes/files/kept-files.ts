import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { idempotencyKey } from '../../engine/idempotency-key.js';
import { errnoOf } from './file-error.js';
import { type FilePath, RESERVED_PREFIX } from './file-path.js';
import type { FilesFolder } from './files-folder.js';
import type { OpenFolder } from './open-folder.js';
import { replaceFile } from './replace-file.js';

/** What is known of a file from before a node wrote it. */
export interface KeptRecord {
  path: string;
  kind: 'overwritten' | 'appended';
  /** Whether there was a file at all. */
  existed: boolean;
  /** Its permissions. */
  mode?: number;
  /** Bytes that it had. */
  size: number;
  /** How many of the path's last folders were made for it. */
  madeFolders: number;
  /** SHA-256 of what was written. */
  written: string;
}

/** A run of a node of an execution. */
export interface NodeRun {
  executionId: string;
  nodeId: string;
  run: number;
}

const { O_RDONLY } = constants;

/** The content goes first: without its record it does not count. */
const RECORD = '.json';
const CONTENT = '.content';
const UNDONE = '.undone';

/** Others than the server need not see what files once held. */
const KEPT_MODE = 0o700;

/**
 * What files held before nodes wrote them, beside the files: `.retrace/<execution>/<run>.<file>.*`. It is on the disk
 * before the file is written, and stays until the execution is deleted.
 */
export class KeptFiles {
  constructor(private readonly files: FilesFolder) {}

  /** Works with what the run keeps of one file. */
  of<T>(run: NodeRun, path: FilePath, kind: KeptRecord['kind'], work: (kept: KeptFile) => Promise<T>): Promise<T> {
    const name = `${runName(run)}.${digest(`${kind}\0${path.text}`)}`;
    const options = { create: true, mode: KEPT_MODE };
    return this.files.within(foldersOf(run), options, (folder) => work(new KeptFile(folder, name)));
  }

  /**
   * Works with each file of which the run has kept something (a repeat may have written another one than the first
   * attempt); gives how many there are.
   */
  async each(run: NodeRun, work: (kept: KeptFile, record: KeptRecord) => Promise<void>): Promise<number> {
    let count = 0;
    try {
      await this.files.within(foldersOf(run), {}, async (folder) => {
        const own = `${runName(run)}.`;
        for (const name of await folder.names()) {
          if (!name.startsWith(own) || !name.endsWith(RECORD)) continue;
          const kept = new KeptFile(folder, name.slice(0, -RECORD.length));
          const record = await kept.record();
          if (record) await work(kept, record);
          count += 1;
        }
      });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    return count;
  }

  /** Lets go of all that was kept for these executions. */
  async forget(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) {
      await rm(join(this.files.root, ...foldersOf({ executionId: id })), { recursive: true, force: true });
    }
  }
}

/** What one run keeps of one file. */
export class KeptFile {
  constructor(
    private readonly folder: OpenFolder,
    private readonly name: string,
  ) {}

  /** Undefined when nothing is kept, so nothing has been written either. */
  async record(): Promise<KeptRecord | undefined> {
    if (!(await this.folder.stats(`${this.name}${RECORD}`))) return undefined;
    const text = await this.folder.withFile(`${this.name}${RECORD}`, O_RDONLY, (file) => file.readFile('utf8'));
    return JSON.parse(text) as KeptRecord;
  }

  /** Keeps it for good; without a content that of an earlier attempt stays. */
  async keep(record: KeptRecord, content?: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    if (content) await this.put(CONTENT, content);
    await this.put(RECORD, Buffer.from(JSON.stringify(record)));
    await this.folder.sync();
  }

  /** Works with the content that is kept. */
  withContent<T>(work: (content: FileHandle) => Promise<T>): Promise<T> {
    return this.folder.withFile(`${this.name}${CONTENT}`, O_RDONLY, work);
  }

  async isUndone(): Promise<boolean> {
    return (await this.folder.stats(`${this.name}${UNDONE}`)) !== undefined;
  }

  /** From here on an undoing finds nothing to do. */
  async markUndone(): Promise<void> {
    await this.put(UNDONE, Buffer.alloc(0));
    await this.folder.sync();
  }

  private put(ending: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const name = `${this.name}${ending}`;
    return replaceFile(this.folder, name, content, { temporary: `${name}.new` });
  }
}

function foldersOf({ executionId }: { executionId: string }): string[] {
  return [RESERVED_PREFIX, digest(executionId)];
}

/** Safe as a name in any file system, whatever the text. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Short, and the same for every attempt of the run. */
export function runName({ executionId, nodeId, run }: NodeRun): string {
  return digest(idempotencyKey(executionId, nodeId, run));
}
