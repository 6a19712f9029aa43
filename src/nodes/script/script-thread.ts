import { Worker } from 'node:worker_threads';
import { NodeError } from '../../engine/errors.js';
import type { QuickJsModule } from './quickjs-module.js';
import type { ScriptAnswer, ScriptTask } from './script-task.js';

/** A loop inside one built-in function (a `join` of 2^32 parts) is not interrupted: its thread is ended this much later. */
const TERMINATE_AFTER_MS = 250;

/** Native stack of a thread in MiB: more than QuickJS's own limit of its stack can use up. */
const STACK_MIB = 16;

/** A thread that had nothing to do for so long says so. */
const IDLE_MS = 3000;

/** What a thread tells of its life. */
export interface ThreadEvents {
  /** It can take a script. */
  onFree(): void;
  /** It has had none for three seconds. */
  onIdle(): void;
  /** It takes no more scripts; `reason` is set when it could take none at all. */
  onGone(reason?: Error): void;
}

interface RunningScript {
  no: number;
  task: ScriptTask;
  resolve(answer: ScriptAnswer): void;
  reject(error: Error): void;
}

/**
 * A worker thread that runs scripts, one at a time. Its environment is empty. Scripts that end in any other way than
 * by themselves or by QuickJS's own limit take their thread with them.
 */
export class ScriptThread {
  private readonly worker: Worker;
  private readonly stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly exited: Promise<void>;
  private state: 'starting' | 'free' | 'busy' | 'gone' = 'starting';
  private script: RunningScript | undefined;
  private killTimer: NodeJS.Timeout | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private no = 0;

  /** @param memoryMiB the memory limit that it prepares itself for; a script with another one has to wait a little */
  constructor(
    quickJs: QuickJsModule,
    memoryMiB: number,
    private readonly events: ThreadEvents,
  ) {
    this.worker = new Worker(new URL('./script-worker.js', import.meta.url), {
      workerData: { quickJs, memoryMiB, stop: this.stop.buffer },
      env: {},
      execArgv: [],
      resourceLimits: { stackSizeMb: STACK_MIB },
    });
    this.worker.unref();
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.leave(crashed('it ended'));
        resolve();
      });
    });
    this.worker.on('error', (error) => this.leave(crashed(error instanceof Error ? error.message : String(error))));
    this.worker.on('message', (message: { isReady: true } | { no: number; answer: ScriptAnswer }) => {
      if ('answer' in message) this.answered(message.no, message.answer);
      else this.becomeFree();
    });
  }

  get isFree(): boolean {
    return this.state === 'free';
  }

  get isStarting(): boolean {
    return this.state === 'starting';
  }

  /** MiB that the script in hand may use; 0 without one. */
  get memoryMiB(): number {
    return this.script?.task.memoryMiB ?? 0;
  }

  /**
   * Runs a script on a free thread; always settles, at the latest 250 ms after the script's limit.
   * @throws NodeError SCRIPT_ERROR when the thread itself ended under it
   */
  run(task: ScriptTask): Promise<ScriptAnswer> {
    this.state = 'busy';
    clearTimeout(this.idleTimer);
    this.no += 1;
    const { no } = this;
    return new Promise((resolve, reject) => {
      this.script = { no, task, resolve, reject };
      this.killTimer = setTimeout(() => this.kill(), task.limitMs + TERMINATE_AFTER_MS);
      this.worker.postMessage({ no, task });
    });
  }

  /** Nobody wants the script's answer any more: it ends soon, or its thread does. */
  abandon(task: ScriptTask): void {
    if (this.script?.task !== task) return;
    Atomics.store(this.stop, 0, this.script.no);
    clearTimeout(this.killTimer);
    this.killTimer = setTimeout(() => this.kill(), TERMINATE_AFTER_MS);
  }

  /** Ends it, whatever it is doing; a script that it still runs is rejected with the reason. */
  async end(reason = new NodeError('SCRIPT_UNAVAILABLE', 'The server stops')): Promise<void> {
    this.leave(reason);
    await this.worker.terminate();
    await this.exited;
  }

  private answered(no: number, answer: ScriptAnswer): void {
    const { script } = this;
    if (!script || script.no !== no) return;
    clearTimeout(this.killTimer);
    this.script = undefined;
    script.resolve(answer);
    if (answer.isBroken) void this.end();
    else this.becomeFree();
  }

  private kill(): void {
    const { script } = this;
    this.script = undefined;
    const message = `The script took longer than ${script?.task.limitMs} ms`;
    script?.resolve({ kind: 'failed', code: 'TIMEOUT', message, lines: [], volatile: false });
    void this.end();
  }

  private becomeFree(): void {
    if (this.state === 'gone') return;
    this.state = 'free';
    this.idleTimer = setTimeout(() => this.events.onIdle(), IDLE_MS).unref();
    this.events.onFree();
  }

  private leave(reason: Error): void {
    if (this.state === 'gone') return;
    const hadStarted = this.state !== 'starting';
    this.state = 'gone';
    clearTimeout(this.killTimer);
    clearTimeout(this.idleTimer);
    this.script?.reject(reason);
    this.script = undefined;
    this.events.onGone(hadStarted ? undefined : reason);
  }
}

/** The script took its thread down: its own error, as far as anybody can tell. */
function crashed(why: string): NodeError {
  return new NodeError('SCRIPT_ERROR', `The thread that ran the script broke down: ${why}`);
}
