import { NodeError } from '../../errors.js';
import type { JournalEvent } from '../../journal/events.js';
import type { DrivenExecution } from '../driven-execution.js';

/** What the service does with a request for a node. */
export type Behaviour =
  /** It answers that it did nothing. */
  | 'refuses'
  /** It acts, but its answer is lost. */
  | 'loses'
  /** The request never comes there, and nobody hears of that. */
  | 'misses';

/** A node that the service was asked for. */
export interface Request {
  nodeId: string;
  run: number;
  /** Names of what it saw, sorted. */
  inputs: string[];
}

/** The service outside, which keeps what it did by the idempotency key and does nothing twice. */
export class Outside {
  /** Node by key. */
  private readonly effects = new Map<string, string>();
  private readonly undone = new Set<string>();
  requests: Request[] = [];
  /** Nodes whose handlers were called. */
  handlers: string[] = [];
  /** Nodes that it refuses to undo. */
  readonly keeps = new Set<string>();
  private readonly misbehaves = new Map<string, { how: Behaviour; times: number }>();

  /** The service for an execution. */
  serve({ world }: DrivenExecution): this {
    world.onCall = ({ nodeId, run, key, effect }, { inputs }) => {
      if (effect !== 'external') return;
      this.requests.push({ nodeId, run, inputs: Object.keys(inputs).sort() });
      this.act(nodeId, key);
    };
    world.onUndo = ({ nodeId, key }) => {
      this.handlers.push(nodeId);
      if (this.keeps.has(nodeId)) throw new NodeError('HTTP_500', 'It stays');
      this.undone.add(key);
    };
    return this;
  }

  /** It serves the node badly, so many times. */
  misbehave(nodeId: string, how: Behaviour, times = Infinity): void {
    this.misbehaves.set(nodeId, { how, times });
  }

  /** It serves every node as it should. */
  repair(): void {
    this.misbehaves.clear();
  }

  /** How many effects of each node stand; those without any are left out. */
  standing(): { [nodeId: string]: number } {
    const counts: { [nodeId: string]: number } = {};
    for (const [key, nodeId] of this.effects) {
      if (!this.undone.has(`${key}_undo`)) counts[nodeId] = (counts[nodeId] ?? 0) + 1;
    }
    return counts;
  }

  /** A person undoes by hand what the node has done. */
  undoByHand(nodeId: string): void {
    for (const [key, of] of this.effects) if (of === nodeId) this.undone.add(`${key}_undo`);
  }

  /** The service as it is now, for another execution. */
  copy(): Outside {
    const copy = new Outside();
    for (const [key, nodeId] of this.effects) copy.effects.set(key, nodeId);
    for (const key of this.undone) copy.undone.add(key);
    for (const [nodeId, { how, times }] of this.misbehaves) copy.misbehave(nodeId, how, times);
    for (const nodeId of this.keeps) copy.keeps.add(nodeId);
    return copy;
  }

  /**
   * What the service has done by the time that a journal got as far as this. `isLate`: of the last intents it has not heard
   * yet; else it has acted by each.
   */
  replay(events: readonly JournalEvent[], isLate: boolean): this {
    for (const [index, event] of events.entries()) {
      if (event.type === 'node:retrying') this.behaviourFor(event.nodeId);
      if (event.type !== 'node:started' && event.type !== 'node:rolling-back') continue;
      const { nodeId, run, attempt, key } = event;
      const hasOutcome = events
        .slice(index + 1)
        .some(
          (later) => 'attempt' in later && later.nodeId === nodeId && later.run === run && later.attempt === attempt,
        );
      if (isLate && !hasOutcome) continue;
      const acts = this.misbehaves.get(nodeId)?.how !== 'refuses';
      if (event.type === 'node:started' && acts) this.effects.set(key, nodeId);
      if (event.type === 'node:rolling-back' && !this.keeps.has(nodeId)) this.undone.add(key);
    }
    return this;
  }

  private act(nodeId: string, key: string): void {
    const how = this.behaviourFor(nodeId);
    if (how === 'refuses') throw new NodeError('HTTP_500', 'No', { effect: 'none' });
    if (how === 'misses') return;
    this.effects.set(key, nodeId);
    if (how === 'loses') throw new NodeError('HTTP_504', 'Nobody knows');
  }

  /** How it answers this time. */
  private behaviourFor(nodeId: string): Behaviour | undefined {
    const bad = this.misbehaves.get(nodeId);
    if (!bad) return undefined;
    bad.times -= 1;
    if (bad.times === 0) this.misbehaves.delete(nodeId);
    return bad.how;
  }
}
