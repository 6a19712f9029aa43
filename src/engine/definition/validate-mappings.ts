import { isJsonObject, type JsonObject } from '../json.js';
import { quote, type Place, type ProblemLog } from './problem-log.js';
import { validateShape } from './validate-shape.js';
import type { ValidationInput } from './validation-input.js';

/** Checks the input mappings of each node; cycles of several nodes through them are the graph's. */
export function validateMappings({ checkedNodes, graph, problems }: ValidationInput): void {
  for (const node of checkedNodes) {
    if (!node || !isJsonObject(node.definition.inputs)) continue;
    for (const [name, mapping] of Object.entries(node.definition.inputs)) {
      const place = within(node.place, `inputs.${name}`);
      validateShape('mapping', mapping ?? null, place, problems);
      if (isJsonObject(mapping)) checkSource(mapping, node.definition, place, graph.indexById, problems);
    }
  }
}

function checkSource(
  mapping: JsonObject,
  node: JsonObject,
  place: Place,
  indexById: ReadonlyMap<string, number>,
  problems: ProblemLog,
): void {
  const { from } = mapping;
  if (typeof from !== 'string' || from.trim() === '') return;
  if (!indexById.has(from)) {
    problems.error('INVALID_INPUT_MAPPING', `The mapping takes from ${quote(from)}, which is no node`, place, 'from');
  } else if (from === node.id) {
    problems.error('CIRCULAR_DEPENDENCY', `The node takes an input from itself: ${from} -> ${from}`, place, 'from');
  }
}

/** A place in a node or edge, by the dotted path to it. */
function within(place: Place, path: string): Place {
  return { ...place, path: place.path === undefined ? path : `${place.path}.${path}` };
}
