import { Injectable } from '@nestjs/common';
import { atMost } from '../config/at-most.js';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { ServerState } from '../config/server-state.js';
import { EngineError } from '../engine/errors.js';
import { ClaimRepository, type Claim } from '../repositories/claim.repository.js';
import type { JournalReading } from '../repositories/journal-rows.js';
import type { ActiveExecution } from './active-execution.js';
import { ActiveExecutions } from './active-executions.js';
import { ClaimRounds } from './claim-rounds.js';
import { Clock } from './clock.js';
import { ExecutionElsewhere } from './execution-elsewhere.js';
import { executionNotFound } from './execution-not-found.js';
import { Strays } from './strays.js';
import { WakeUps } from './wake-ups.js';

/** How often the table is looked at for executions that have come due. */
const LOOK_EVERY_MS = 500;
const REFRESH_EVERY_MS = 1000;
/** How often it is looked for executions that bear this instance's name and are not in its memory. */
const LOOK_FOR_STRAYS_EVERY_MS = 2000;
const LAST_BATCH_MS = 5000;
/** How long it is waited for an execution that is on its way out, before it is claimed anew. */
const WAIT_FOR_LEAVING_MS = 30_000;

/** Decides which executions are in memory: those that are new while there is room, due, orphaned or commanded. */
@Injectable()
export class Dispatcher {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly holding = new Map<string, Promise<ActiveExecution>>();
  private readonly rounds: ClaimRounds;
  private readonly strays: Strays;
  /** On the monotonic clock: when what still runs is cut off; set once the server stops. */
  private graceEnds: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly claims: ClaimRepository,
    private readonly active: ActiveExecutions,
    private readonly clock: Clock,
    private readonly state: ServerState,
    private readonly log: Log,
    private readonly wakeUps: WakeUps,
  ) {
    this.rounds = new ClaimRounds(claims, clock, log, {
      room: () => this.room,
      take: (found) => this.take(found),
      overflow: () => wakeUps.wake(),
    });
    this.strays = new Strays(claims, log, {
      inHand: () => [...active.ids(), ...this.holding.keys()],
      takeUp: async (executionId) => (await this.hold(executionId)).driver.release(),
    });
  }

  /** False while as many are in memory as may be: a new one waits in the table. */
  get hasRoom(): boolean {
    return this.room > 0;
  }

  begin(): void {
    this.active.begin(() => this.rounds.placeIsFree());
    this.timers.push(
      setInterval(() => this.lookForOrphans(), LOOK_EVERY_MS),
      setInterval(() => this.refresh(), REFRESH_EVERY_MS),
      setInterval(() => void this.strays.takeUp(), LOOK_FOR_STRAYS_EVERY_MS),
    );
    // At once, while requests under way are still being answered: both have the same grace.
    this.state.stopping.addEventListener('abort', () => this.startNothingMore(), { once: true });
    this.wakeUps.onWake(() => this.rounds.look());
    this.lookForOrphans();
  }

  /** An instance may have left something behind: look at once. */
  lookForOrphans(): void {
    if (!this.isStopping) this.rounds.lookForOrphans();
  }

  /** Something waits in the table for a place: look as soon as there is one. */
  queued(): void {
    this.rounds.queued();
  }

  /** A scheduled execution is due at `at` (epoch ms): look then, not up to half a second later. */
  wakeAt(at: number): void {
    const left = at - this.clock.now();
    if (left < 10_000) setTimeout(() => this.rounds.look(), Math.max(0, left)).unref();
  }

  /**
   * The execution in memory, claimed and read when nobody held it: it is driven on by the command that it is held for, or
   * by `release`, and not before, since one that only waits would leave again at once.
   * @throws EngineError NOT_FOUND; SERVICE_UNAVAILABLE when its last batch stays unconfirmed; ExecutionElsewhere while
   * another instance holds it
   */
  hold(executionId: string): Promise<ActiveExecution> {
    const present = this.active.get(executionId);
    if (present && !present.isLeaving) return Promise.resolve(present);
    return this.holding.get(executionId) ?? this.track(executionId, this.claim(executionId, present));
  }

  /** Starts nothing more, waits for what runs, cuts off what does not end in time. */
  async drain(): Promise<void> {
    const graceEnds = this.startNothingMore();
    const left = async () => {
      await this.rounds.end();
      // What a look or a command has brought into memory meanwhile.
      for (const active of this.active.all()) active.driver.drain();
      await Promise.all(this.active.all().map((active) => active.left));
    };
    await atMost(graceEnds - performance.now(), left());
    for (const active of this.active.all()) active.driver.interrupt();
    // The last batch may have to wait for a database that is away: what is not written now is repeated by the next start.
    await atMost(LAST_BATCH_MS, left());
  }

  private get isStopping(): boolean {
    return this.graceEnds !== undefined;
  }

  private get room(): number {
    return this.isStopping ? 0 : this.config.maxActiveExecutions - this.active.size;
  }

  private startNothingMore(): number {
    if (this.graceEnds !== undefined) return this.graceEnds;
    for (const timer of this.timers) clearInterval(timer);
    for (const active of this.active.all()) active.driver.drain();
    this.graceEnds = performance.now() + this.config.shutdownGraceMs;
    return this.graceEnds;
  }

  private async claim(executionId: string, leaving: ActiveExecution | undefined): Promise<ActiveExecution> {
    await hasLeft(leaving);
    const claim = await this.claims.one(executionId);
    if (!claim) {
      if (!(await this.claims.exists(executionId))) throw executionNotFound(executionId);
      throw new ExecutionElsewhere(executionId);
    }
    const active = await this.load(claim);
    if (!this.pauseLoop(active, claim)) return active;
    return this.claim(executionId, active);
  }

  private async load(claim: Claim, begun?: JournalReading): Promise<ActiveExecution> {
    const active = await this.active.load(claim, begun);
    const { revision, version, nodes } = active.driver.plan;
    if (claim.revision !== revision) {
      // Lists may lag; what could not be written now is with the next claim.
      this.claims.nameRevision(claim.id, { revision, version, totalNodes: nodes.length }).catch((error: unknown) => {
        this.log.debug({ executionId: claim.id, err: error }, 'could not write the revision into the row');
      });
    }
    return active;
  }

  /** While an execution is being read, whoever else wants it waits for the same reading. */
  private track(executionId: string, held: Promise<ActiveExecution>): Promise<ActiveExecution> {
    const tracked = held.finally(() => this.holding.delete(executionId));
    this.holding.set(executionId, tracked);
    return tracked;
  }

  /** Reads executions that were claimed and drives them on. */
  private take(found: Claim[]): Promise<(ActiveExecution | undefined)[]> {
    const fresh = found.map(({ id }) => id).filter((id) => !this.holding.has(id) && !this.active.get(id));
    const begun = fresh.length > 1 ? this.active.beginReading(fresh) : undefined;
    return Promise.all(found.map((claim) => this.takeOne(claim, begun)));
  }

  /** Undefined when it is in hand already, or cannot be read. */
  private async takeOne(
    claim: Claim,
    begun?: Promise<Map<string, JournalReading>>,
  ): Promise<ActiveExecution | undefined> {
    const { id } = claim;
    const present = this.active.get(id);
    // One that leaves may have been claimed before its leaving was confirmed here.
    if (this.holding.has(id) || (present && !present.isLeaving)) return undefined;
    const load = async () => {
      await hasLeft(present);
      return this.load(claim, present ? undefined : (await begun)?.get(id));
    };
    try {
      const active = await this.track(id, load());
      if (this.isStopping) active.driver.drain();
      else if (!this.pauseLoop(active, claim)) active.driver.start();
      return active;
    } catch (error) {
      // One execution that cannot be read must not stop the others.
      this.log.error({ executionId: id, err: error }, 'an execution could not be taken up');
      return undefined;
    }
  }

  /** What has killed its process again and again is not driven once more. */
  private pauseLoop(active: ActiveExecution, { id, claims }: Claim): boolean {
    if (!active.crashes.isLoop) return false;
    const message = 'paused with CRASH_LOOP: again and again its process died before one of its nodes had ended';
    this.log.error({ executionId: id, claims }, message);
    active.pauseLoop();
    return true;
  }

  private refresh(): void {
    for (const active of this.active.all()) active.refresh();
  }
}

/** @throws EngineError SERVICE_UNAVAILABLE when it is still in memory after 30 s */
async function hasLeft(leaving: ActiveExecution | undefined): Promise<void> {
  if (!leaving || (await atMost(WAIT_FOR_LEAVING_MS, leaving.left)) === 'done') return;
  throw new EngineError('SERVICE_UNAVAILABLE', 'What the execution wrote last is not confirmed yet; try again later');
}
