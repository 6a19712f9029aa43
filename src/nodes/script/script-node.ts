import { NodeError } from '../../engine/errors.js';
import type { JsonObject, JsonValue } from '../../engine/json.js';
import type { NodeContext, NodeOutput, NodeType } from '../../engine/ports.js';
import { seededRandom } from '../../engine/seeded-random.js';
import type { ScriptAnswer } from './script-task.js';
import { DEFAULT_MEMORY_MIB, type Script, type ScriptPool } from './script-pool.js';
import { SCRIPT_KEYWORD } from './script-syntax.js';

const DEFAULT_TIMEOUT_MS = 1000;
const MOST_TIMEOUT_MS = 300_000;
const MOST_MEMORY_MIB = 512;

/** Runs JavaScript in a sandbox that has nothing of this machine in it. */
export function createScriptNode(pool: ScriptPool): NodeType {
  return {
    type: 'script',
    name: 'Script',
    category: 'data',
    description:
      'Runs the body of a JavaScript function of inputs, variables and trigger, in a sandbox without access to anything else.',
    version: '1.0.0',
    icon: 'code',
    effect: 'pure',
    cacheable: true,
    reads: ({ code }) => readsOf(code as string),
    keepsTimeout: true,
    finalErrors: ['SCRIPT_MEMORY', 'TIMEOUT'],
    configSchema: {
      type: 'object',
      properties: {
        code: {
          type: 'string',
          'x-template': false,
          [SCRIPT_KEYWORD]: true,
          description:
            'The body of an async function (inputs, variables, trigger). What it returns are the outputs; what is no object becomes { value }. Time stands still at the start of the attempt, Math.random is seeded by execution, node and run, and the time zone is UTC.',
        },
        timeout: {
          type: 'integer',
          minimum: 1,
          maximum: MOST_TIMEOUT_MS,
          description: `ms from when it begins; ${DEFAULT_TIMEOUT_MS} when absent. A script that takes longer is not tried again.`,
        },
        memoryLimit: {
          type: 'integer',
          minimum: 1,
          maximum: MOST_MEMORY_MIB,
          description: `MiB; ${DEFAULT_MEMORY_MIB} when absent.`,
        },
      },
      required: ['code'],
      additionalProperties: false,
    },
    execute: async (context) => outputOf(await pool.run(scriptOf(context), context.signal), context),
  };
}

function scriptOf({ config, inputs, variables, trigger, startTime, idempotencyKey }: NodeContext): Script {
  const code = config.code as string;
  const reads = readsOf(code);
  return {
    code,
    given: { inputs, ...(reads.includes('variables') && { variables }), ...(reads.includes('trigger') && { trigger }) },
    startTime,
    seed: Math.trunc(seededRandom(idempotencyKey)() * 2 ** 32),
    limitMs: numberOf(config, 'timeout', DEFAULT_TIMEOUT_MS),
    memoryMiB: numberOf(config, 'memoryLimit', DEFAULT_MEMORY_MIB),
  };
}

/**
 * What a script may read beside its inputs, by its text: a parameter is reached by its name, by `arguments`, by a direct
 * `eval` or by a name with an escape in it. What is not in this list it is not given.
 */
function readsOf(code: string): ('variables' | 'trigger')[] {
  const isIndirect = /arguments|eval|\\u/.test(code);
  return (['variables', 'trigger'] as const).filter((name) => isIndirect || code.includes(name));
}

function numberOf(config: JsonObject, name: string, otherwise: number): number {
  const value = config[name];
  return typeof value === 'number' ? value : otherwise;
}

function outputOf(answer: ScriptAnswer, context: NodeContext): NodeOutput {
  for (const { level, text } of answer.lines) context.log(level, text);
  if (answer.kind === 'failed') throw new NodeError(answer.code, answer.message, { details: answer.details });
  return { outputs: JSON.parse(answer.output) as JsonValue, volatile: answer.volatile };
}
