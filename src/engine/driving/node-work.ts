import type { NodeError } from '../errors.js';
import type { AttemptContext, AttemptInput } from './attempt-context.js';

/**
 * Something that a node's type is asked to do, and that may be told to end. It settles exactly once; what the type says later
 * is not heard.
 */
export abstract class NodeWork<Outcome> {
  protected settled = false;
  /** What the type was given, once it was asked. */
  protected context: AttemptContext | undefined;
  protected stopTimer: (() => void) | undefined;
  protected abortReason: NodeError | undefined;

  constructor(
    readonly input: AttemptInput,
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

  protected settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    this.stopTimer?.();
    this.onOutcome(outcome);
  }
}
