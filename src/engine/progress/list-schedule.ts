import type { ExecutionPlan } from '../definition/execution-plan.js';
import { RankHeap } from '../scheduling/rank-heap.js';

/** What is left of a node that has not ended; ms from now. */
export interface NodeRest {
  /**
   * Of the places that `maxConcurrency` gives: `holds` one, `needs` one until it ends, `enters` by one and gives it back at
   * once (it waits), or has `none` to do with them.
   */
  place: 'holds' | 'needs' | 'enters' | 'none';
  /** It cannot begin before. */
  from: number;
  /** How long it takes; a function where that depends on when it begins (ms from now). */
  takes: number | ((at: number) => number);
}

/** How what is left will run. */
export interface Timetable {
  /** ms from now until the last node ends. */
  length: number;
  /** Places in the document of the nodes that decide the length, in their order: each begins when the one before it ends. */
  chain: number[];
}

/**
 * Runs what is left as the driver does: of the nodes whose sources have ended the first in topological order takes the
 * next free place (list scheduling: Graham, Bounds for Certain Multiprocessing Anomalies, 1966).
 * @param rests by the nodes' places in the document; undefined for a node that has ended
 */
export function listSchedule(plan: ExecutionPlan, rests: readonly (NodeRest | undefined)[]): Timetable {
  return new ListSchedule(plan, rests).run();
}

const NOBODY = -1;

class ListSchedule {
  private now = 0;
  private held = 0;
  private last = NOBODY;
  /** Incoming edges whose source has not ended. */
  private readonly unsettled: Int32Array;
  /** When it ends; until it has begun: when it may begin. */
  private readonly due: Float64Array;
  /** Which node's end let it begin. */
  private readonly cause: Int32Array;
  private readonly hasBegun: Uint8Array;
  private readonly agenda: RankHeap;
  /** By rank. */
  private readonly ready: RankHeap;
  private readonly byRank: Int32Array;

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly rests: readonly (NodeRest | undefined)[],
  ) {
    const { nodes } = plan;
    this.unsettled = new Int32Array(nodes.length);
    this.due = new Float64Array(nodes.length);
    this.cause = new Int32Array(nodes.length).fill(NOBODY);
    this.hasBegun = new Uint8Array(nodes.length);
    this.agenda = new RankHeap(this.due);
    this.ready = new RankHeap();
    this.byRank = new Int32Array(nodes.length);
    for (const { index, rank, incoming } of nodes) {
      this.byRank[rank] = index;
      this.unsettled[index] = incoming.length;
    }
  }

  run(): Timetable {
    const { nodes } = this.plan;
    for (const { index, outgoing } of nodes) {
      if (this.rests[index]) continue;
      for (const { target } of outgoing) (this.unsettled[target] as number) -= 1;
    }
    for (const { index } of nodes) {
      const rest = this.rests[index];
      if (!rest) continue;
      if (rest.place === 'holds') this.begin(index, rest);
      else if (this.unsettled[index] === 0) this.offer(index, rest);
    }
    for (;;) {
      this.startReady();
      const node = this.agenda.pop();
      if (node === undefined) break;
      this.now = Math.max(this.now, this.due[node] as number);
      if (this.hasBegun[node]) this.leave(node);
      else this.arrive(node);
    }
    return { length: this.now, chain: this.chain() };
  }

  private startReady(): void {
    const { maxConcurrency } = this.plan.settings;
    while (this.held < maxConcurrency && this.ready.size > 0) {
      const node = this.byRank[this.ready.pop() as number] as number;
      const rest = this.rests[node] as NodeRest;
      // It has waited for a place, which the node that has just ended gave.
      if (this.now > (this.due[node] as number)) this.cause[node] = this.last;
      this.begin(node, rest);
    }
  }

  private begin(node: number, { place, takes }: NodeRest): void {
    const duration = Math.max(0, typeof takes === 'number' ? takes : takes(this.now));
    this.hasBegun[node] = 1;
    this.due[node] = this.now + duration;
    // It ends before another one begins.
    if ((place === 'needs' || place === 'enters') && duration === 0) return this.end(node);
    if (place === 'holds' || place === 'needs') this.held += 1;
    this.agenda.push(node);
  }

  private leave(node: number): void {
    const { place } = this.rests[node] as NodeRest;
    if (place === 'holds' || place === 'needs') this.held -= 1;
    this.end(node);
  }

  private end(node: number): void {
    this.last = node;
    for (const { target } of this.plan.nodes[node]?.outgoing ?? []) {
      const left = (this.unsettled[target] as number) - 1;
      this.unsettled[target] = left;
      if (left !== 0) continue;
      const rest = this.rests[target];
      if (!rest || this.hasBegun[target]) continue;
      this.cause[target] = node;
      this.offer(target, rest);
    }
  }

  /** Its sources have ended. */
  private offer(node: number, rest: NodeRest): void {
    this.due[node] = Math.max(this.now, rest.from);
    if (rest.from > this.now) this.agenda.push(node);
    else this.arrive(node);
  }

  /** Nothing but a place is missing. */
  private arrive(node: number): void {
    const rest = this.rests[node] as NodeRest;
    if (rest.place === 'none') this.begin(node, rest);
    else this.ready.push(this.plan.nodes[node]?.rank ?? 0);
  }

  private chain(): number[] {
    const chain: number[] = [];
    for (let node = this.last; node !== NOBODY; node = this.cause[node] as number) chain.push(node);
    return chain.reverse();
  }
}
