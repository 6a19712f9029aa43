import type { JsonObject } from '../../engine/json.js';
import type { LogLevel } from '../../engine/ports.js';

/** What a thread needs to run a script. */
export interface ScriptTask {
  /** The body of an async function of `inputs`, `variables` and `trigger`. */
  code: string;
  /** These three as JSON. */
  data: string;
  /** Epoch ms: the time that the script sees, from its beginning to its end. */
  startTime: number;
  /** Of its Math.random: a 32-bit integer. */
  seed: number;
  /** ms from when it begins. */
  limitMs: number;
  /** MiB. */
  memoryMiB: number;
}

/** A line of the script's console. */
export interface ScriptLine {
  level: LogLevel;
  text: string;
}

interface AnyAnswer {
  lines: ScriptLine[];
  /** It asked for the time or for randomness. */
  volatile: boolean;
  /** The sandbox cannot be relied on any more: its thread is thrown away. */
  isBroken?: boolean;
}

/** What came of a script. */
export type ScriptAnswer =
  /** `output` is JSON. */
  | ({ kind: 'returned'; output: string } & AnyAnswer)
  | ({
      kind: 'failed';
      code: 'SCRIPT_ERROR' | 'SCRIPT_MEMORY' | 'TIMEOUT' | 'OUTPUT_TOO_LARGE';
      message: string;
      details?: JsonObject;
    } & AnyAnswer);
