import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { EngineError } from '../errors.js';
import { touchedAt } from '../recovery/affected-nodes.js';
import { TO_START } from '../recovery/decide-rollback.js';
import { isHandled } from '../scheduling/next-nodes.js';
import { decideCommand, type Command } from '../state/decide-command.js';
import type { ExecutionState, RollbackState } from '../state/execution-state.js';
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
  { action: 'resume', command: { kind: 'carry-on' }, suits: ({ activity }) => activity !== 'pausing' },
  { action: 'resume', command: { kind: 'resume' }, suits: ({ activity }) => activity === 'pausing' },
  {
    action: 'rollback',
    command: { kind: 'rollback', ...TO_START, force: true },
    suits: (state) => state.activity === null && hasSomethingToUndo(state),
  },
  { action: 'pause', command: { kind: 'pause', mode: 'wait' }, suits: () => true },
  { action: 'abort', command: { kind: 'pause', mode: 'abort' }, suits: ({ activity }) => activity === 'pausing' },
  { action: 'cancel', command: { kind: 'end', then: 'cancelled' }, suits: () => true },
];

/** What the caller can do with the execution now, in the order in which it helps. `running`: attempts that are known. */
export function offeredActions(standing: Standing, running: number): OfferedAction[] {
  const { plan, state, now: timestamp } = standing;
  const isTaken = (command: Command) => changesSomething(plan, state, command, { timestamp, running });
  if (state.activity === 'rollback-stopped') return afterStop(state.rollbacks.at(-1));
  const settled = failures(plan, state).filter(({ id: nodeId }) =>
    isTaken({ kind: 'settle', nodeId, status: 'skipped' }),
  );
  const commands = COMMANDS.filter(({ suits, command }) => suits(state) && isTaken(command));
  return [
    ...settled.map(({ id }): OfferedAction => ({ action: 'settle', nodeId: id })),
    ...commands.map(({ action }) => ({ action })),
    ...(isEnded(state.status) && state.activity === null ? [{ action: 'rerun' as const }] : []),
    ...(isDeletable(standing) ? [{ action: 'delete' as const }] : []),
  ];
}

/** It goes on when the same is asked for again, or once the node where it stopped is said to be undone by hand. */
function afterStop(rollback: RollbackState | undefined): OfferedAction[] {
  if (!rollback) return [];
  const { failedNodeId, plan } = rollback;
  const { targetNodeId, scope } = plan;
  const target = targetNodeId === null ? { toStart: true } : { targetNodeId };
  return [
    ...(failedNodeId === undefined ? [] : [{ action: 'settle' as const, nodeId: failedNodeId }]),
    { action: 'rollback', body: { ...target, ...(scope !== 'after' && { scope }) } },
    { action: 'cancel' },
  ];
}

function hasSomethingToUndo({ nodes }: ExecutionState): boolean {
  return [...nodes.values()].some((node) => touchedAt(node) !== undefined);
}

function changesSomething(...decided: Parameters<typeof decideCommand>): boolean {
  try {
    return decideCommand(...decided).events.length > 0;
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
