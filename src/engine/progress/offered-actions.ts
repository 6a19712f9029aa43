import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { EngineError } from '../errors.js';
import { isHandled } from '../scheduling/next-nodes.js';
import { decideCommand, type Command } from '../state/decide-command.js';
import type { ExecutionState } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import type { Action, OfferedAction } from './explanation.js';
import type { Standing } from './situation.js';

const MOST_NODES = 100;

interface OfferedCommand {
  action: Action;
  command: Command;
  /** Where it is offered under this name. */
  suits: (state: ExecutionState) => boolean;
}

/** Commands by the order in which they help. Whether one is taken is decided where commands are. */
const COMMANDS: readonly OfferedCommand[] = [
  { action: 'start', command: { kind: 'resume' }, suits: ({ status }) => status === 'pending' },
  { action: 'resume', command: { kind: 'resume' }, suits: ({ status }) => status !== 'pending' },
  { action: 'pause', command: { kind: 'pause', mode: 'wait' }, suits: () => true },
  { action: 'abort', command: { kind: 'pause', mode: 'abort' }, suits: ({ activity }) => activity === 'pausing' },
  { action: 'cancel', command: { kind: 'end', then: 'cancelled' }, suits: () => true },
];

/** What the caller can do with the execution now, in the order in which it helps. `running`: attempts that are known. */
export function offeredActions(standing: Standing, running: number): OfferedAction[] {
  const { plan, state, now: timestamp } = standing;
  const isTaken = (command: Command) => changesSomething(plan, state, command, { timestamp, running });
  const settled = failures(plan, state).filter(({ id: nodeId }) =>
    isTaken({ kind: 'settle', nodeId, status: 'skipped' }),
  );
  const commands = COMMANDS.filter(({ suits, command }) => suits(state) && isTaken(command));
  return [
    ...settled.map(({ id }): OfferedAction => ({ action: 'settle', nodeId: id })),
    ...commands.map(({ action }) => ({ action })),
    ...(isDeletable(standing) ? [{ action: 'delete' as const }] : []),
  ];
}

function changesSomething(...decided: Parameters<typeof decideCommand>): boolean {
  try {
    return decideCommand(...decided).event !== null;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

/** The failed nodes that hold the execution up. */
function failures(plan: ExecutionPlan, state: ExecutionState): PlanNode[] {
  const found = plan.nodes.filter((node) => state.nodes.get(node.id)?.status === 'failed' && !isHandled(state, node));
  return found.slice(0, MOST_NODES);
}

function isDeletable({ state, owner }: Standing): boolean {
  return isEnded(state.status) && state.activity === null && owner?.instance === null;
}
