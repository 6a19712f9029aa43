import type { NodeType } from '../engine/ports.js';
import { builtInNodeTypes } from './built-in-node-types.js';
import type { DatabaseConnections } from './database/database-connections.js';
import { createDatabaseNode } from './database/database-node.js';
import { createFileReadNode } from './files/file-read-node.js';
import { createFileWriteNode } from './files/file-write-node.js';
import type { FilesFolder } from './files/files-folder.js';
import { createScriptNode } from './script/script-node.js';
import type { ScriptPool } from './script/script-pool.js';

/** Every node type that a server has without modules of somebody's own. */
export function serverNodeTypes(scripts: ScriptPool, databases: DatabaseConnections, files: FilesFolder): NodeType[] {
  return [
    ...builtInNodeTypes,
    createScriptNode(scripts),
    createDatabaseNode(databases),
    createFileReadNode(files),
    createFileWriteNode(files),
  ];
}
