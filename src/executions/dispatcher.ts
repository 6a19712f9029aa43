import { Injectable } from '@nestjs/common';
import { atMost } from '../config/at-most.js';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { ServerState } from '../config/server-state.js';
import { EngineError } from '../engine/errors.js';
import { ClaimRepository } from '../repositories/claim.repository.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import type { ActiveExecution } from './active-execution.js';
import { ActiveExecutions } from './active-executions.js';
import { Clock } from './clock.js';
import { executionNotFound } from './execution-not-found.js';

/** How often the table is looked at for executions that have come due. */
const LOOK_EVERY_MS = 500;
const REFRESH_EVERY_MS = 1000;
/** How often it is looked for executions that bear this instance's name and are not in its memory. */
const LOOK_FOR_STRAYS_EVERY_MS = 2000;
const LAST_BATCH_MS = 5000;
/** At most this many are claimed at once, so that one instance does not take what others have room for. */
const CLAIM_AT_ONCE = 100;

/** Decides which executions are in memory: those that are new while there is room, due, orphaned or commanded. */
@Injectable()
export class Dispatcher {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly holding = new Map<string, Promise<ActiveExecution>>();
  private looking: Promise<void> | undefined;
  private lookAgain = false;
  private backlog = false;
  /** On the monotonic clock: when what still runs is cut off; set once the server stops. */
  private graceEnds: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly claims: ClaimRepository,
    private readonly active: ActiveExecutions,
    private readonly clock: Clock,
    private readonly identity: InstanceIdentity,
    private readonly state: ServerState,
    private readonly log: Log,
  ) {}

  /** False while as many are in memory as may be: a new one waits in the table. */
  get hasRoom(): boolean {
    return !this.isStopping && this.active.size < this.config.maxActiveExecutions;
  }

  begin(): void {
    this.active.begin(() => {
      if (this.backlog) this.look();
    });
    this.timers.push(
      setInterval(() => this.look(), LOOK_EVERY_MS),
      setInterval(() => this.refresh(), REFRESH_EVERY_MS),
      setInterval(() => void this.takeUpStrays(), LOOK_FOR_STRAYS_EVERY_MS),
    );
    // At once, while requests under way are still being answered: both have the same grace.
    this.state.stopping.addEventListener('abort', () => this.startNothingMore(), { once: true });
    this.look();
  }

  /** Something waits in the table for a place: look as soon as there is one. */
  queued(): void {
    this.backlog = true;
  }

  /** A scheduled execution is due at `at` (epoch ms): look then, not up to half a second later. */
  wakeAt(at: number): void {
    const left = at - this.clock.now();
    if (left < 10_000) setTimeout(() => this.look(), Math.max(0, left)).unref();
  }

  /**
   * The execution in memory, claimed and read when nobody held it: it is driven on by the command that it is held for, or
   * by `release`, and not before, since one that only waits would leave again at once.
   * @throws EngineError NOT_FOUND; CONFLICT while another instance holds it
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
      await this.looking;
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

  private startNothingMore(): number {
    if (this.graceEnds !== undefined) return this.graceEnds;
    for (const timer of this.timers) clearInterval(timer);
    for (const active of this.active.all()) active.driver.drain();
    this.graceEnds = performance.now() + this.config.shutdownGraceMs;
    return this.graceEnds;
  }

  private async claim(executionId: string, leaving: ActiveExecution | undefined): Promise<ActiveExecution> {
    await leaving?.left;
    const claimer = this.identity.id;
    if (!(await this.claims.one(executionId))) {
      if (!(await this.claims.exists(executionId))) throw executionNotFound(executionId);
      throw new EngineError('CONFLICT', 'Another instance holds the execution', { id: executionId });
    }
    return this.active.load(executionId, claimer);
  }

  /** While an execution is being read, whoever else wants it waits for the same reading. */
  private track(executionId: string, held: Promise<ActiveExecution>): Promise<ActiveExecution> {
    const tracked = held.finally(() => this.holding.delete(executionId));
    this.holding.set(executionId, tracked);
    return tracked;
  }

  /** Claims what is orphaned or due, one look after the other. */
  private look(): void {
    if (this.looking) {
      this.lookAgain = true;
      return;
    }
    this.looking = this.claimAll()
      .catch((error: unknown) => this.log.debug({ err: error }, 'could not look for executions that are due'))
      .finally(() => {
        this.looking = undefined;
        if (!this.lookAgain) return;
        this.lookAgain = false;
        this.look();
      });
  }

  private async claimAll(): Promise<void> {
    const room = Math.min(CLAIM_AT_ONCE, this.config.maxActiveExecutions - this.active.size);
    if (this.isStopping || room <= 0) return;
    const claimer = this.identity.id;
    const orphans = await this.claims.orphans(room);
    if (orphans.length > 0) this.log.info({ count: orphans.length }, 'going on with executions whose instance is gone');
    const due = orphans.length < room ? await this.claims.due(this.clock.now(), room - orphans.length) : [];
    this.backlog = orphans.length + due.length === room;
    if (this.backlog) this.lookAgain = true;
    let before: Promise<unknown> = Promise.resolve();
    for (const executionId of [...orphans, ...due]) {
      if (this.active.get(executionId) || this.holding.has(executionId)) continue;
      const loaded = this.track(
        executionId,
        before.then(() => this.active.load(executionId, claimer)),
      );
      // One execution that cannot be read must not stop the others.
      before = loaded.then(
        (active) => (this.isStopping ? active.driver.drain() : active.driver.start()),
        (error: unknown) => this.log.error({ executionId, err: error }, 'an execution could not be taken up'),
      );
    }
    await before;
  }

  /**
   * Executions of this instance that it has not in memory: the answer to their claim was lost, or they could not be read.
   * Nobody else may take them as long as this instance lives.
   */
  private async takeUpStrays(): Promise<void> {
    try {
      const strays = (await this.claims.held()).filter((id) => !this.active.get(id) && !this.holding.has(id));
      for (const executionId of strays) (await this.hold(executionId)).driver.release();
    } catch (error) {
      this.log.warn({ err: error }, 'could not take up what bears the name of this instance; trying again');
    }
  }

  private refresh(): void {
    for (const active of this.active.all()) active.refresh();
  }
}
