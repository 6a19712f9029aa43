import { NodeError } from '../errors.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { Effect, NodeCatalog, NodeContext, NodeOutput, NodeResult, NodeType, Scheduler } from '../ports.js';
import type { TestWorld } from './test-world.js';

/** What a test node is told to do by its config. */
export interface TestNodeConfig extends JsonObject {
  /** Its outputs; absent: its inputs. */
  give?: JsonObject[string];
  port?: string;
  variables?: JsonObject;
  /** How long an asynchronous one takes. */
  ms?: number;
  /** It does not hear the abort signal. */
  stubborn?: boolean;
  /** The error that it ends with; `times`: only so often. */
  fail?: { code: string; message?: string; times?: number; status?: number; retryAfterMs?: number; effect?: 'none' };
}

/** Node types for tests; each does what its config says. `value`: at once; `work`: takes time; `effect`: external; `undoable`: external, with a handler. */
export function testNodeTypes(world: TestWorld, scheduler: Scheduler): NodeType[] {
  const atOnce = (context: NodeContext) => outcome(world, context);
  const inTime = (context: NodeContext) => takeTime(world, scheduler, context);
  return [
    type('value', 'pure', (context) => entered(world, context, 'pure', atOnce)),
    type('work', 'pure', (context) => entered(world, context, 'pure', inTime)),
    type('effect', 'external', (context) => entered(world, context, 'external', inTime)),
    {
      ...type('undoable', 'external', (context) => entered(world, context, 'external', inTime)),
      rollback: (context) => undo(world, scheduler, context),
    },
    { ...type('branch', 'pure', (context) => entered(world, context, 'pure', atOnce)), ports: branchPorts },
    {
      ...type('sleep', 'pure', ({ startTime, config }) => ({
        wait: { for: 'delay', until: startTime + Number(config.ms) },
      })),
      completeWait: ({ since, until }) => ({ outputs: { waited: until - since } }),
    },
    type('random', 'pure', ({ config }) => ({ outputs: config })),
  ];
}

function branchPorts(config: JsonObject): string[] {
  return Array.isArray(config.ports) ? config.ports.map(String) : ['true', 'false'];
}

function type(name: string, effect: Effect, execute: NodeType['execute']): NodeType {
  return { type: name, name, category: 'test', description: '', version: '1.0.0', configSchema: {}, effect, execute };
}

function entered(
  world: TestWorld,
  context: NodeContext,
  effect: Effect,
  act: (context: NodeContext) => NodeResult | Promise<NodeResult>,
): NodeResult | Promise<NodeResult> {
  const leave = world.enter(context, effect);
  let result: NodeResult | Promise<NodeResult>;
  try {
    result = act(context);
  } catch (error) {
    leave();
    throw error;
  }
  if (!(result instanceof Promise)) {
    leave();
    return result;
  }
  return result.finally(leave);
}

function outcome(world: TestWorld, { nodeId, config, inputs }: NodeContext): NodeOutput {
  const { give, port, variables, fail } = config as TestNodeConfig;
  if (fail && world.failuresOf(nodeId) < (fail.times ?? Infinity)) {
    world.failed(nodeId);
    const { code, message = `${nodeId} failed`, status, retryAfterMs, effect } = fail;
    throw new NodeError(code, message, { status, retryAfterMs, effect });
  }
  return { outputs: give === undefined ? inputs : give, port, variables };
}

/** Waits its time; ends earlier when it is aborted, unless it is stubborn. */
function takeTime(world: TestWorld, scheduler: Scheduler, context: NodeContext): Promise<NodeOutput> {
  const { ms = 0, stubborn } = context.config as TestNodeConfig;
  const { signal } = context;
  const isMine = world.life();
  return new Promise((resolve, reject) => {
    const cancel = scheduler.setTimer(ms, () => {
      if (!isMine()) return;
      try {
        resolve(outcome(world, context));
      } catch (error) {
        reject(error as Error);
      }
    });
    if (stubborn) return;
    signal.addEventListener('abort', () => {
      cancel();
      reject(signal.reason as Error);
    });
  });
}

/** Takes a moment, in which its process may die. */
async function undo(world: TestWorld, scheduler: Scheduler, context: NodeContext): Promise<void> {
  await new Promise<void>((resolve) => scheduler.setTimer(1, resolve));
  world.undo(context);
}

/** A catalog of these types; a resolved config whose `number` is none is refused. */
export function testCatalog(types: readonly NodeType[]): NodeCatalog {
  const byName = new Map(types.map((each) => [each.type, each]));
  return {
    get: (name) => byName.get(name),
    list: () => types,
    checkConfig: () => [],
    checkRollback: () => [],
    checkResolvedRollback: () => [],
    checkResolvedConfig: (_, config) =>
      isJsonObject(config) && 'number' in config && typeof config.number !== 'number'
        ? [{ path: 'number', message: 'must be a number' }]
        : [],
  };
}
