import type { JsonObject } from '../../engine/json.js';
import type { NodeType } from '../../engine/ports.js';
import { appendToFile } from './append-to-file.js';
import { encodeContent, encodingOf, encodingSchema } from './file-content.js';
import { parseFilePath } from './file-path.js';
import type { FilesFolder } from './files-folder.js';
import { KeptFiles } from './kept-files.js';
import { overwriteFile } from './overwrite-file.js';
import { undoFileWrite } from './undo-file-write.js';

/** Writes a file below the folder of the files, and can take that back. */
export function createFileWriteNode(files: FilesFolder): NodeType {
  const kept = new KeptFiles(files);
  return {
    type: 'file-write',
    name: 'Write file',
    category: 'files',
    description:
      'Writes a file in the folder of the files, whole or at its end; undone, what was there before is back.',
    version: '1.0.0',
    icon: 'file-pen',
    effect: 'external',
    // Writing the same once more makes no difference, appending it does; an expression may give either.
    onInterrupted: ({ append = false }) => (append === false ? 'retry' : 'ask'),
    timeout: 60_000,
    answersAbort: true,
    finalErrors: ['FILE_OUTSIDE'],
    outputNames: ['path', 'bytes'],
    configSchema,
    async execute(context) {
      const path = parseFilePath(context.config.path);
      const bytes = encodeContent(context.config.content, encodingOf(context.config));
      const write = context.config.append === true ? appendToFile : overwriteFile;
      const written = await files.exclusively(path, context.signal, () => write({ files, kept, context, path, bytes }));
      return { outputs: { path: path.text, bytes: written } };
    },
    rollback: (context) => undoFileWrite(files, kept, context),
    describeRollback: () => 'Gives back what was there before, or deletes the file',
    forget: (executionIds) => kept.forget(executionIds),
  };
}

const configSchema: JsonObject = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      minLength: 1,
      description: 'Below the folder of the files, with slashes; folders that are missing are made.',
    },
    content: { description: 'A text by its encoding; anything else as JSON.' },
    encoding: encodingSchema,
    append: { type: 'boolean', description: 'At the end of the file; false when absent: the file is replaced.' },
  },
  required: ['path', 'content'],
  additionalProperties: false,
};
