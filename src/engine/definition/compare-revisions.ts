import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { EdgeDefinition, NodeDefinition, RevisionContent } from './workflow-definition.js';

/** Nodes or edges by their ids. */
interface PartChanges {
  added: string[];
  removed: string[];
  /** `paths` are dotted, from the node or edge. */
  changed: { id: string; paths: string[] }[];
}

export interface RevisionChanges {
  nodes: PartChanges;
  edges: PartChanges;
  /** Dotted paths in the settings. */
  settings: string[];
  /** Dotted paths in the version. */
  version: string[];
}

/** What has to be changed in the one revision to get the other. */
export function compareRevisions(before: RevisionContent, after: RevisionContent): RevisionChanges {
  return {
    nodes: compareParts(byId(before.nodes), byId(after.nodes)),
    edges: compareParts(byId(before.edges), byId(after.edges)),
    settings: changedPaths(before.settings ?? {}, after.settings ?? {}),
    version: changedPaths(before.version ?? {}, after.version ?? {}),
  };
}

/** An edge without an id goes by its nodes; of several such between the same two, by their order. */
function byId(parts: readonly (NodeDefinition | EdgeDefinition)[]): Map<string, JsonObject> {
  const named = new Map<string, JsonObject>();
  const timesMet = new Map<string, number>();
  for (const part of parts) {
    const joins = `${part.source as string} -> ${part.target as string}`;
    const times = (timesMet.get(joins) ?? 0) + 1;
    if (part.id === undefined) timesMet.set(joins, times);
    named.set(part.id ?? (times === 1 ? joins : `${joins} (${times})`), part);
  }
  return named;
}

function compareParts(before: ReadonlyMap<string, JsonObject>, after: ReadonlyMap<string, JsonObject>): PartChanges {
  const changed: PartChanges['changed'] = [];
  for (const [id, part] of after) {
    const old = before.get(id);
    const paths = old ? changedPaths(old, part) : [];
    if (paths.length > 0) changed.push({ id, paths });
  }
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed,
  };
}

/** The deepest paths at which two values differ, in the order of the keys; empty when they are equal. */
export function changedPaths(before: JsonValue, after: JsonValue): string[] {
  const paths: string[] = [];
  const open: { path: string; before?: JsonValue; after?: JsonValue }[] = [{ path: '', before, after }];
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const { path, before: old, after: now } = pair;
    if (isContainer(old) && isContainer(now) && Array.isArray(old) === Array.isArray(now)) {
      const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
      for (const key of keys.reverse()) {
        open.push({ path: path === '' ? key : `${path}.${key}`, before: own(old, key), after: own(now, key) });
      }
    } else if (!Object.is(old, now)) paths.push(path);
  }
  return paths;
}

function own(container: JsonObject | JsonValue[], key: string): JsonValue | undefined {
  return Object.hasOwn(container, key) ? (container as JsonObject)[key] : undefined;
}

function isContainer(value: JsonValue | undefined): value is JsonObject | JsonValue[] {
  return Array.isArray(value) || isJsonObject(value);
}
