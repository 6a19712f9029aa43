import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { EDGE_ID_PATTERN } from './identifiers.js';
import { quote, type Place } from './problem-log.js';
import { declaredNames, warnOfSharedNames } from './spread-names.js';
import { validateShape } from './validate-shape.js';
import type { CheckedEdge, CheckedNode, ValidationInput } from './validation-input.js';

const usableId = new RegExp(EDGE_ID_PATTERN, 'u');

/** Checks each edge, and what two edges do to one another. A disabled edge is as if absent, but for its shape and its id. */
export function validateEdges(input: ValidationInput): CheckedEdge[] {
  const { edges, problems } = input;
  const firstPlaces = new Map<string, number>();
  const enabled: CheckedEdge[] = [];
  for (const [index, definition] of edges.entries()) {
    const place = placeOf(definition, index);
    validateShape('edge', definition, place, problems);
    if (!isJsonObject(definition)) continue;
    checkDuplicate(definition.id, index, firstPlaces, input);
    if (definition.enabled === false) continue;
    checkEnds(definition, place, input);
    enabled.push(readEdge(definition, place, input));
  }
  const portsByNode = new Map<number, readonly string[] | null>();
  for (const edge of enabled) checkPort(edge, portsByNode, input);
  warnOfDuplicates(enabled, input);
  warnOfSharedNames(enabled, problems);
  return enabled;
}

function placeOf(definition: JsonValue, index: number): Place {
  const id = isJsonObject(definition) ? definition.id : undefined;
  return typeof id === 'string' && usableId.test(id) ? { edgeId: id } : { path: `edges.${index}` };
}

function readEdge(definition: JsonObject, place: Place, input: ValidationInput): CheckedEdge {
  return {
    definition,
    place,
    kind: definition.type ?? 'data',
    sourceOutput: textOf(definition.sourceOutput ?? definition.sourceHandle),
    targetInput: textOf(definition.targetInput ?? definition.targetHandle),
    source: nodeOf(definition.source, input),
    target: nodeOf(definition.target, input),
  };
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function nodeOf(id: JsonValue | undefined, { graph, checkedNodes }: ValidationInput): CheckedNode | undefined {
  const index = typeof id === 'string' ? graph.indexById.get(id) : undefined;
  return index === undefined ? undefined : checkedNodes[index];
}

function checkDuplicate(
  id: JsonValue | undefined,
  index: number,
  firstPlaces: Map<string, number>,
  { problems }: ValidationInput,
): void {
  if (typeof id !== 'string') return;
  const first = firstPlaces.get(id);
  if (first === undefined) firstPlaces.set(id, index);
  else {
    const message = `edges.${index} has the id ${quote(id)}, which edges.${first} has already`;
    problems.error('DUPLICATE_EDGE_ID', message, { edgeId: id }, 'id');
  }
}

function checkEnds(definition: JsonObject, place: Place, { graph, problems }: ValidationInput): void {
  const { source, target } = definition;
  const isNamed = (id: JsonValue | undefined): id is string => typeof id === 'string' && id.trim() !== '';
  if (isNamed(source) && !graph.indexById.has(source)) {
    problems.error('INVALID_SOURCE_NODE', `The edge's source ${quote(source)} is no node`, place, 'source');
  }
  if (isNamed(target) && !graph.indexById.has(target)) {
    problems.error('INVALID_TARGET_NODE', `The edge's target ${quote(target)} is no node`, place, 'target');
  }
  if (isNamed(source) && source === target) {
    problems.error('SELF_LOOP', `The edge leads from ${quote(source)} to itself`, place, 'target');
  }
}

/** An error edge takes no port: it is live when its source fails. */
function checkPort(
  edge: CheckedEdge,
  portsByNode: Map<number, readonly string[] | null>,
  { problems }: ValidationInput,
): void {
  if (!edge.source || edge.kind === 'error') return;
  const { index, definition } = edge.source;
  let ports = portsByNode.get(index);
  if (ports === undefined) {
    ports = declaredNames(edge.source, 'ports');
    portsByNode.set(index, ports);
  }
  if (ports === null) return;
  const node = typeof definition.id === 'string' ? quote(definition.id) : 'the source';
  if (edge.sourceOutput === undefined) {
    const message = `${node} branches (${ports.join(', ')}), but the edge names no port: it is live whichever is chosen`;
    problems.warning('MISSING_SOURCE_OUTPUT', message, edge.place, 'sourceOutput');
  } else if (!ports.includes(edge.sourceOutput)) {
    const message = `${node} has no port ${quote(edge.sourceOutput)}; its ports are ${ports.join(', ')}`;
    problems.warning('UNKNOWN_PORT', message, edge.place, 'sourceOutput');
  }
}

function warnOfDuplicates(edges: readonly CheckedEdge[], { problems }: ValidationInput): void {
  const seen = new Set<string>();
  for (const { definition, place, kind, sourceOutput, targetInput, source, target } of edges) {
    if (!source || !target) continue;
    const key = JSON.stringify([source.index, target.index, kind, sourceOutput, targetInput, definition.condition]);
    if (seen.has(key))
      problems.warning('DUPLICATE_CONNECTION', 'Another edge joins the same nodes in the same way', place);
    seen.add(key);
  }
}
