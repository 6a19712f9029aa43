/**
 * Where the server is in its life. Who waits for long (a long poll, a drain) listens to `stopping`.
 */
export class ServerState {
  private phase: 'starting' | 'ready' | 'stopping' = 'starting';
  private readonly controller = new AbortController();

  /** Aborted when the server begins to stop. */
  get stopping(): AbortSignal {
    return this.controller.signal;
  }

  get current(): 'starting' | 'ready' | 'stopping' {
    return this.phase;
  }

  /** Everything is up: requests are taken. */
  started(): void {
    if (this.phase === 'starting') this.phase = 'ready';
  }

  /** From now on new requests are refused. */
  stop(): void {
    this.phase = 'stopping';
    this.controller.abort();
  }
}
