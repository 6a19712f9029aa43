import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { usableMemory } from '../../config/usable-memory.js';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import { compileQuickJs, type QuickJsModule } from './quickjs-module.js';
import { StartRate } from './start-rate.js';
import type { ScriptAnswer, ScriptTask } from './script-task.js';
import { ScriptThread } from './script-thread.js';

/** A script as a node wants it run. */
export interface Script extends Omit<ScriptTask, 'data'> {
  /** What it is given; made into text when a thread takes it. */
  given: { inputs: JsonObject; variables?: JsonObject; trigger?: JsonObject };
}

/** The memory limit of a script that sets none, in MiB. */
export const DEFAULT_MEMORY_MIB = 32;

/** Threads at once: as many endless scripts end together, each at its own limit. */
const MOST_THREADS = 32;

/** While scripts wait, the pool looks at its threads this often. */
const LOOK_MS = 25;

/** When no thread has taken a script between so many looks, all of them are held up: more are started. */
const QUIET_LOOKS = 2;

/** Times as many threads at most, until it is seen whether they are held up too. */
const GROWTH = 4;

/** A script that no thread has taken for so long fails. */
const LONGEST_WAIT_MS = 60_000;

/** What QuickJS itself takes of a thread's memory, in MiB, as in script-sandbox.js. */
const OWN_MIB = 16;

/** Threads are ended by scripts that break out of their limits; so many more may start at once, and a second. */
const STARTS = { burst: MOST_THREADS, perSecond: 16 };

interface Waiting {
  script: Script;
  /** By performance.now(). */
  since: number;
  /** Stops it, once a thread has it. */
  stop?: () => void;
  resolve: (answer: ScriptAnswer) => void;
  reject: (error: unknown) => void;
}

/**
 * The threads that run scripts: as many as cores, started when first needed, and more while scripts hold all of them
 * up. Scripts wait in order; the limit of each counts from when a thread takes it.
 */
@Injectable()
export class ScriptPool implements OnApplicationShutdown {
  private readonly threads = new Set<ScriptThread>();
  private readonly waiting: Waiting[] = [];
  private readonly cores = Math.min(availableParallelism(), MOST_THREADS);
  private readonly memoryMiB = usableMemory() / 2 / 1024 / 1024;
  private readonly starts = new StartRate(STARTS.burst, STARTS.perSecond);
  private quickJs: QuickJsModule | 'compiling' | undefined;
  /** Looks by the timer since a thread last took a script: after a pause of this process there was one, however long. */
  private quietLooks = 0;
  private lookTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** Threads that live. */
  get size(): number {
    return this.threads.size;
  }

  /**
   * Runs a script.
   * @throws the signal's reason when it is aborted; the script's thread is free again, or gone, 250 ms later
   * @throws NodeError SCRIPT_UNAVAILABLE when no thread took it within a minute, none can be started, or the server stops
   */
  run(script: Script, signal: AbortSignal): Promise<ScriptAnswer> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (this.isClosed) return reject(unavailable('The server stops'));
      const entry: Waiting = { script, since: performance.now(), resolve, reject };
      signal.addEventListener('abort', () => this.abandon(entry, signal.reason), { once: true });
      this.waiting.push(entry);
      this.look();
    });
  }

  /** Nodes run until executions have been drained, which is before this. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Ends all threads, and with them their scripts. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.lookTimer);
    for (const entry of this.waiting.splice(0)) entry.reject(unavailable('The server stops'));
    await Promise.all([...this.threads].map((thread) => thread.end()));
  }

  private abandon(entry: Waiting, reason: unknown): void {
    const place = this.waiting.indexOf(entry);
    if (place >= 0) this.waiting.splice(place, 1);
    entry.stop?.();
    entry.reject(reason);
  }

  /** Gives what waits to threads that are free, and sees to it that somebody looks again while anything waits. */
  private look(): void {
    const now = performance.now();
    while (this.waiting[0] && now - this.waiting[0].since > LONGEST_WAIT_MS) {
      this.waiting.shift()?.reject(unavailable(`No thread was free within ${LONGEST_WAIT_MS / 1000} s`));
    }
    for (const thread of this.threads) {
      const [next] = this.waiting;
      if (next && thread.isFree && this.hasMemoryFor(next.script)) this.give(next, thread);
    }
    if (this.waiting.length === 0 || this.isClosed) return;
    this.grow();
    this.lookTimer ??= setTimeout(() => {
      this.lookTimer = undefined;
      this.quietLooks += 1;
      this.look();
    }, LOOK_MS);
  }

  private give(entry: Waiting, thread: ScriptThread): void {
    this.waiting.shift();
    this.quietLooks = 0;
    const { given, ...rest } = entry.script;
    try {
      const task: ScriptTask = { ...rest, data: JSON.stringify(given) };
      entry.stop = () => thread.abandon(task);
      thread.run(task).then(entry.resolve, entry.reject);
    } catch (error) {
      entry.reject(error);
    }
  }

  /** All scripts together stay below half of the memory that there is. */
  private hasMemoryFor({ memoryMiB }: Script): boolean {
    const running = [...this.threads].map((thread) => thread.memoryMiB).filter((used) => used > 0);
    const total = running.reduce((sum, used) => sum + used + OWN_MIB, memoryMiB + OWN_MIB);
    return running.length === 0 || total <= this.memoryMiB;
  }

  private grow(): void {
    if (this.quickJs === undefined) void this.compile();
    if (this.quickJs === undefined || this.quickJs === 'compiling') return;
    const threads = [...this.threads];
    const starting = threads.filter(({ isStarting }) => isStarting).length;
    if (threads.some(({ isFree }) => isFree)) return;
    // Step by step: on a busy machine short scripts can look as if they were long.
    const isHeldUp = starting === 0 && this.quietLooks >= QUIET_LOOKS;
    const most = Math.max(this.cores, isHeldUp ? GROWTH * threads.length : 0);
    const missing = Math.min(Math.min(most, MOST_THREADS) - threads.length, this.waiting.length - starting);
    for (let started = 0; started < missing && this.starts.take(); started += 1) this.startThread(this.quickJs);
  }

  private async compile(): Promise<void> {
    this.quickJs = 'compiling';
    try {
      this.quickJs = await compileQuickJs();
      this.look();
    } catch (error) {
      this.quickJs = undefined;
      const message = `QuickJS cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
      for (const entry of this.waiting.splice(0)) entry.reject(unavailable(message));
    }
  }

  private startThread(quickJs: QuickJsModule): void {
    const thread = new ScriptThread(quickJs, DEFAULT_MEMORY_MIB, {
      onFree: () => this.look(),
      onIdle: () => {
        if (this.threads.size > this.cores) void thread.end();
      },
      onGone: (reason) => this.gone(thread, reason),
    });
    this.threads.add(thread);
  }

  /** One that never took a script lets one fail, so that nobody waits for threads that cannot be. */
  private gone(thread: ScriptThread, reason?: Error): void {
    this.threads.delete(thread);
    if (reason) this.waiting.shift()?.reject(unavailable(`No thread could be started: ${reason.message}`));
    if (!this.isClosed) this.look();
  }
}

function unavailable(message: string): NodeError {
  return new NodeError('SCRIPT_UNAVAILABLE', message);
}
