import type { JsonObject } from '../json.js';
import type { RevisionContent } from './workflow-definition.js';

/** The document under another content; what the new one leaves out is out. */
export function withContent(document: JsonObject, content: RevisionContent): JsonObject {
  const { settings: _settings, version: _version, ...rest } = document;
  const { nodes, edges, settings, version } = content;
  return {
    ...rest,
    nodes,
    edges,
    ...(settings !== undefined && { settings }),
    ...(version !== undefined && { version }),
  };
}
