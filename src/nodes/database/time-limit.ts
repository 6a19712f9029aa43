import { NodeError } from '../../engine/errors.js';

/** How long a node may work on its database: until its own time is up, or its attempt is aborted. Must be closed. */
export class TimeLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly endTime: number;

  /** @param timeoutMs at least 1; without it only the attempt's own limit counts */
  constructor(
    private readonly attempt: AbortSignal,
    timeoutMs = Infinity,
  ) {
    this.endTime = performance.now() + timeoutMs;
    if (timeoutMs < Infinity) this.timer = setTimeout(() => this.controller.abort(timedOut(timeoutMs)), timeoutMs);
    if (attempt.aborted) this.onAbort();
    else attempt.addEventListener('abort', this.onAbort);
  }

  /** Its reason is a NodeError that says that nothing happened. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Milliseconds; at least 1, Infinity without an own time. */
  get remainingMs(): number {
    return Math.max(1, Math.ceil(this.endTime - performance.now()));
  }

  close(): void {
    clearTimeout(this.timer);
    this.attempt.removeEventListener('abort', this.onAbort);
  }

  private readonly onAbort = (): void => {
    const reason: unknown = this.attempt.reason;
    const code = reason instanceof NodeError ? reason.code : 'CANCELLED';
    const message = reason instanceof Error ? reason.message : 'The attempt was aborted';
    this.controller.abort(new NodeError(code, message, { effect: 'none' }));
  };
}

function timedOut(timeoutMs: number): NodeError {
  return new NodeError('TIMEOUT', `The database took longer than ${timeoutMs} ms`, { effect: 'none' });
}
