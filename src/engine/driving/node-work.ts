import { NodeError } from '../errors.js';
import type { Scheduler } from '../ports.js';
import { callAt } from '../scheduling/call-at.js';
import type { AttemptContext, AttemptInput } from './attempt-context.js';

/** How long a type that says itself what came of what is cut off may take for that. */
const ABORT_ANSWER_MS = 3000;

/**
 * Something that a node's type is asked to do, and that may be told to end. It settles exactly once; what the type says later
 * is not heard.
 */
export abstract class NodeWork<Outcome, Input extends AttemptInput = AttemptInput> {
  protected settled = false;
  /** What the type was given, once it was asked. */
  protected context: AttemptContext | undefined;
  protected stopTimer: (() => void) | undefined;
  protected abortReason: NodeError | undefined;

  constructor(
    readonly input: Input,
    private readonly onOutcome: (outcome: Outcome) => void,
  ) {}

  /** Ends it now, whatever it is doing. */
  abstract giveUp(reason: NodeError): void;

  /** Asks it to end; it may still succeed. */
  abort(reason: NodeError): void {
    this.abortReason ??= reason;
    this.context?.abort(this.abortReason);
  }

  /** Forgets it: no outcome is told any more. */
  drop(reason: NodeError): void {
    this.settled = true;
    this.stopTimer?.();
    this.abort(reason);
  }

  /** Gives it up when it has not settled after `limitMs`; a type that answers an abort is asked first. */
  protected giveUpAfter(limitMs: number, scheduler: Scheduler, what: string): void {
    this.stopTimer = callAt(scheduler, scheduler.now() + limitMs, () => {
      const late = new NodeError('TIMEOUT', `${what} took longer than ${limitMs} ms`);
      if (!this.input.node.type.answersAbort) return this.giveUp(late);
      this.stopTimer = callAt(scheduler, scheduler.now() + ABORT_ANSWER_MS, () => this.giveUp(late));
      this.abort(late);
    });
  }

  protected settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    this.stopTimer?.();
    this.onOutcome(outcome);
  }
}
