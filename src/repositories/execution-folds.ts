import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { NumberedEvent } from '../engine/journal/events.js';
import { foldEvent, startFold } from '../engine/journal/fold.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { Database } from './database.js';
import { beginJournals, readJournalAfter, type JournalReading } from './journal-rows.js';

const KEPT_BYTES = 64 * 1024 * 1024;
/** What an event takes in memory for each byte of its text, about. */
const MEMORY_FACTOR = 2;
/** Of a fold without outputs. */
const LEAST_BYTES = 4096;

interface Kept {
  state?: ExecutionState;
  bytes: number;
  reading?: Promise<ExecutionState | undefined>;
  /** The reading after the one that is under way. */
  next?: Promise<ExecutionState | undefined>;
}

interface Folded {
  state: ExecutionState;
  /** Bytes of text that were folded. */
  bytes: number;
}

interface FoldOptions {
  /** What was read of it already, from its first event on. */
  begun?: JournalReading | undefined;
  upTo?: number;
  visit?: (event: NumberedEvent, state: ExecutionState) => void;
}

/**
 * Executions as their journals tell them. Folds are kept, the least used go first, and are carried on by what is new: who
 * polls a long execution reads only the new rows.
 */
@Injectable()
export class ExecutionFolds {
  private readonly pool: Pool;
  private readonly kept = new Map<string, Kept>();
  private keptBytes = 0;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /**
   * The state with everything that was committed before the call; undefined when there is no such execution. It is shared
   * and carried on in place, from one legal state to the next: read it without waiting in between, and never change it.
   */
  load(executionId: string): Promise<ExecutionState | undefined> {
    const entry = this.kept.get(executionId) ?? { bytes: 0 };
    // Put at the end: a Map keeps the order of insertion, so the first is the least recently used.
    this.kept.delete(executionId);
    this.kept.set(executionId, entry);
    if (!entry.reading && !entry.next) return this.read(executionId, entry);
    // The reading under way may have begun before the caller's events were committed; the next one serves all who wait.
    const again = () => this.read(executionId, entry);
    entry.next ??= (entry.reading as Promise<unknown>).then(again, again);
    return entry.next;
  }

  /** A state of the caller's own, which it may carry on. `begun`: what {@link beginReading} has just read of it. */
  async loadFresh(executionId: string, begun?: JournalReading): Promise<ExecutionState | undefined> {
    return (await this.foldOn(executionId, undefined, { begun }))?.state;
  }

  /** Reads the journals of many executions at once, as far as that goes; the rest is read with each of them. */
  beginReading(executionIds: string[]): Promise<Map<string, JournalReading>> {
    return beginJournals(this.pool, executionIds);
  }

  /** The state right after the event `seq`, or the newest when there are fewer events. */
  async loadAt(executionId: string, seq: number): Promise<ExecutionState | undefined> {
    return (await this.foldOn(executionId, undefined, { upTo: seq }))?.state;
  }

  /** Shows every event up to `seq`, in order, with the state right after it. */
  async replay(
    executionId: string,
    seq: number,
    visit: (event: NumberedEvent, state: ExecutionState) => void,
  ): Promise<void> {
    await this.foldOn(executionId, undefined, { upTo: seq, visit });
  }

  /** The execution was deleted. */
  forget(executionId: string): void {
    const entry = this.kept.get(executionId);
    if (!entry) return;
    this.kept.delete(executionId);
    this.keptBytes -= entry.bytes;
  }

  private read(executionId: string, entry: Kept): Promise<ExecutionState | undefined> {
    entry.next = undefined;
    entry.reading = this.carryOn(executionId, entry).finally(() => {
      entry.reading = undefined;
    });
    return entry.reading;
  }

  private async carryOn(executionId: string, entry: Kept): Promise<ExecutionState | undefined> {
    try {
      const folded = await this.foldOn(executionId, entry.state);
      entry.state = folded?.state;
      if (folded) this.account(executionId, entry, folded.bytes);
      else this.forgetEntry(executionId, entry);
      return folded?.state;
    } catch (error) {
      // It may have stopped half-way.
      entry.state = undefined;
      this.forgetEntry(executionId, entry);
      throw error;
    }
  }

  private account(executionId: string, entry: Kept, textBytes: number): void {
    if (this.kept.get(executionId) !== entry) return;
    const grown = textBytes * MEMORY_FACTOR + (entry.bytes === 0 ? LEAST_BYTES : 0);
    entry.bytes += grown;
    this.keptBytes += grown;
    for (const oldest of this.kept.keys()) {
      if (this.keptBytes <= KEPT_BYTES) return;
      this.forget(oldest);
    }
  }

  private forgetEntry(executionId: string, entry: Kept): void {
    if (this.kept.get(executionId) === entry) this.forget(executionId);
  }

  private async foldOn(
    executionId: string,
    start: ExecutionState | undefined,
    { begun, upTo = Infinity, visit }: FoldOptions = {},
  ): Promise<Folded | undefined> {
    let state = start;
    let bytes = 0;
    for (let next = begun; ; next = undefined) {
      const found = next ?? (await readJournalAfter(this.pool, executionId, state?.seq ?? 0));
      if (!found) return undefined;
      bytes += found.bytes;
      for (const numbered of found.events) {
        if (numbered.seq > upTo) break;
        state = foldOne(state, numbered);
        visit?.(numbered, state);
      }
      if (!state) throw new Error(`The journal of ${executionId} does not begin with its first event`);
      if (!found.more || state.seq >= upTo) return { state, bytes };
    }
  }
}

function foldOne(state: ExecutionState | undefined, { seq, event }: NumberedEvent): ExecutionState {
  if (state) {
    foldEvent(state, seq, event);
    return state;
  }
  if (seq !== 1 || event.type !== 'execution:created') throw new Error('A journal begins with execution:created');
  return startFold(event);
}
