import type { JournalEvent } from '../journal/events.js';
import type { NodeContext } from '../ports.js';

/** An attempt that a node type was called for. */
export interface WorldCall {
  nodeId: string;
  run: number;
  attempt: number;
  key: string;
  /** Epoch ms. */
  at: number;
  effect: string;
}

/** What the nodes of a test do to the world outside, which outlives every crash of the engine. */
export class TestWorld {
  readonly calls: WorldCall[] = [];
  /** Looked at before each call of a node type. */
  onCall: ((call: WorldCall, context: NodeContext) => void) | undefined;
  /** Handlers that were called to undo something. */
  readonly undone: WorldCall[] = [];
  /** Looked at before each call of a handler; what it throws is the handler's failure. */
  onUndo: ((call: WorldCall) => void) | undefined;
  /** Attempts in hand now, and the most there ever were at once. */
  acting = 0;
  mostActing = 0;
  /** Nodes that were called while another attempt of theirs was in hand. */
  readonly twice: string[] = [];
  private readonly inHand = new Set<string>();
  private readonly failures = new Map<string, number>();
  private lives = 0;

  /** An attempt begins to act; gives what it calls when it ends. After a crash nobody hears that any more. */
  enter(context: NodeContext, effect: string): () => void {
    const { nodeId, run, attempt, idempotencyKey: key, startTime: at } = context;
    const call = { nodeId, run, attempt, key, at, effect };
    this.onCall?.(call, context);
    this.calls.push(call);
    if (this.inHand.has(nodeId)) this.twice.push(nodeId);
    this.inHand.add(nodeId);
    this.acting += 1;
    this.mostActing = Math.max(this.mostActing, this.acting);
    const isMine = this.life();
    return () => {
      if (!isMine()) return;
      this.acting -= 1;
      this.inHand.delete(nodeId);
    };
  }

  /** A handler is called. */
  undo(context: NodeContext): void {
    const { nodeId, run, attempt, idempotencyKey: key, startTime: at } = context;
    const call = { nodeId, run, attempt, key, at, effect: 'external' };
    this.undone.push(call);
    this.onUndo?.(call);
  }

  /** Tells later whether the process that lives now is still the one. */
  life(): () => boolean {
    const { lives } = this;
    return () => this.lives === lives;
  }

  /** The engine's process died: nobody acts any more. */
  crash(): void {
    this.lives += 1;
    this.acting = 0;
    this.inHand.clear();
  }

  /** Failures of a node that were heard so far. */
  failuresOf(nodeId: string): number {
    return this.failures.get(nodeId) ?? 0;
  }

  /** The node has failed once more. */
  failed(nodeId: string): void {
    this.failures.set(nodeId, this.failuresOf(nodeId) + 1);
  }

  /** Nodes have failed as often as a journal tells: what nobody heard of did not happen. */
  recall(events: readonly JournalEvent[]): void {
    this.failures.clear();
    for (const event of events) {
      if (event.type === 'node:retrying' || event.type === 'node:failed') this.failed(event.nodeId);
    }
  }

  callsOf(nodeId: string): WorldCall[] {
    return this.calls.filter((call) => call.nodeId === nodeId);
  }
}
