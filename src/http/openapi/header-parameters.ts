import type { Parameter } from './operation.js';

/** Who calls; see actor.ts. */
export const actorHeader: Parameter = {
  in: 'header',
  name: 'X-User-Id',
  description: 'Who does it, percent-encoded as UTF-8; shown as `actor` of events and `by` of histories',
  schema: { type: 'string', minLength: 1, maxLength: 1536 },
  example: 'Zo%C3%AB',
};

/** The state from which a change is meant; `what` names the number: revision or seq. */
export function ifMatchHeader(what: string, example: string): Parameter {
  return {
    in: 'header',
    name: 'If-Match',
    description: `The ${what} that you have seen: as ${example}, "${example}" or W/"${example}"; * is any. When it has moved on: 409, and nothing is changed`,
    schema: { type: 'string' },
    example,
  };
}
