import { isJsonObject } from '../json.js';
import { hasCompensation } from '../recovery/undo-of-node.js';
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

function needsCompensation({ type, config, definition }: CheckedNode): boolean {
  if (type?.effect !== 'external') return false;
  if (config && type.changesNothing?.(config)) return false;
  return !hasCompensation(type, definition.rollback);
}
