import { isJsonObject } from '../json.js';
import type { CheckedNode, ValidationInput } from './validation-input.js';

/** When a failure rolls everything back, a node that acts outside and cannot be undone is probably a mistake. */
export function warnOfMissingCompensation({ document, checkedNodes, problems }: ValidationInput): void {
  if (!isJsonObject(document.settings) || document.settings.errorHandling !== 'rollback') return;
  for (const node of checkedNodes) {
    if (!node || node.definition.enabled === false || !needsCompensation(node)) continue;
    const message = 'The node acts outside and has no compensation, so a rollback leaves its effect standing';
    problems.warning('NO_ROLLBACK_HANDLER', message, node.place, 'rollback');
  }
}

/** A type with a handler but without parameters for it undoes by itself. */
function needsCompensation({ type, config, definition }: CheckedNode): boolean {
  if (type?.effect !== 'external') return false;
  if (config && type.changesNothing?.(config)) return false;
  return !type.rollback || (type.rollbackSchema !== undefined && definition.rollback === undefined);
}
