import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { NodeError } from '../../engine/errors.js';
import { MAX_JSON_SIZE } from '../../engine/plain-json.js';
import type { NodeContext, NodeType } from '../../engine/ports.js';
import { decodeContent, encodingOf, encodingSchema } from './file-content.js';
import { fileError, requireFile } from './file-error.js';
import { type FilePath, parseFilePath } from './file-path.js';
import { fileThere } from './file-write.js';
import { partsOf } from './read-parts.js';
import type { FilesFolder } from './files-folder.js';

/** Reads a file below the folder of the files. */
export function createFileReadNode(files: FilesFolder): NodeType {
  return {
    type: 'file-read',
    name: 'Read file',
    category: 'files',
    description: 'Reads a file of at most 10 MiB from the folder of the files.',
    version: '1.0.0',
    icon: 'file-text',
    effect: 'idempotent',
    timeout: 60_000,
    finalErrors: ['FILE_OUTSIDE', 'FILE_NOT_TEXT'],
    outputNames: ['path', 'bytes', 'content'],
    configSchema: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'Below the folder of the files, with slashes.' },
        encoding: encodingSchema,
      },
      required: ['path'],
      additionalProperties: false,
    },
    execute: async (context) => {
      const path = parseFilePath(context.config.path);
      try {
        const bytes = await read(files, path, context);
        const content = decodeContent(path.text, bytes, encodingOf(context.config));
        return { outputs: { path: path.text, bytes: bytes.length, content } };
      } catch (error) {
        throw fileError(path.text, error, 'none');
      }
    },
  };
}

function read(files: FilesFolder, path: FilePath, { signal }: NodeContext): Promise<Buffer> {
  return files.within(path.folders, {}, async (folder) => {
    await fileThere(folder, path);
    return folder.withFile(path.name, constants.O_RDONLY, async (file) => {
      const size = await readableSize(file, path);
      const parts: Buffer[] = [];
      for await (const part of partsOf(file, { to: size, signal })) parts.push(part);
      return Buffer.concat(parts);
    });
  });
}

/** @throws NodeError OUTPUT_TOO_LARGE before anything of a large file is in memory */
async function readableSize(file: FileHandle, path: FilePath): Promise<number> {
  const stats = await file.stat();
  requireFile(path.text, stats);
  if (stats.size <= MAX_JSON_SIZE) return stats.size;
  const message = `${path.text}: is larger than ${MAX_JSON_SIZE / 1024 / 1024} MiB`;
  throw new NodeError('OUTPUT_TOO_LARGE', message, { effect: 'none' });
}
