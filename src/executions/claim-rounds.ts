import { setImmediate as afterOthers } from 'node:timers/promises';
import type { Log } from '../config/logger.js';
import type { Claim, ClaimRepository } from '../repositories/claim.repository.js';
import type { ActiveExecution } from './active-execution.js';
import type { Clock } from './clock.js';
import { CrashSuspects } from './crash-suspects.js';

/** At most so many are claimed at once, so that one instance does not take what others have room for. */
const PORTION = 32;
/** Where something was found, more may follow before the next regular look. */
const LOOK_AGAIN_MS = 50;

/** What the rounds ask of the dispatcher. */
export interface RoundsHost {
  /** How many more may be in memory; 0 or less while the server stops. */
  room(): number;
  /** Reads executions that were claimed and drives them on; in the same order, undefined where that is not to be. */
  take(found: Claim[]): Promise<(ActiveExecution | undefined)[]>;
  /** More is due than there was room for: another instance may have some. */
  overflow(): void;
}

/**
 * Looks for executions that wait in the table, one round after the other and in portions: orphans, whose owner is dead or
 * gone, then what is due. Each kind goes by priority, then by time.
 */
export class ClaimRounds {
  private readonly suspects: CrashSuspects;
  private round: Promise<void> | undefined;
  private orphansAsked = false;
  private lookAgain = false;
  private soon: NodeJS.Timeout | undefined;
  /** True when more may wait than there was room for. */
  private hasBacklog = false;

  constructor(
    private readonly claims: ClaimRepository,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly host: RoundsHost,
  ) {
    this.suspects = new CrashSuspects(claims, () => this.lookForOrphans());
  }

  /** Claims what is due, as far as there is room. */
  look(): void {
    if (this.round) {
      this.lookAgain = true;
      return;
    }
    // One batch ends many: the places that it makes free are filled together.
    this.round = afterOthers()
      .then(() => this.claim())
      .catch((error: unknown) => this.log.debug({ err: error }, 'could not look for executions that are due'))
      .finally(() => {
        this.round = undefined;
        if (!this.lookAgain) return;
        this.lookAgain = false;
        this.look();
      });
  }

  /** Claims what is orphaned too. */
  lookForOrphans(): void {
    this.orphansAsked = true;
    this.look();
  }

  /** An execution has left memory: its place is filled at once when something waits for one. */
  placeIsFree(): void {
    if (this.hasBacklog) this.look();
  }

  /** Something waits in the table for a place. */
  queued(): void {
    this.hasBacklog = true;
    if (this.host.room() > 0) this.look();
    else this.host.overflow();
  }

  /** Begins no further round by itself, and waits for the one under way. */
  async end(): Promise<void> {
    clearTimeout(this.soon);
    await this.round;
  }

  private async claim(): Promise<void> {
    const room = Math.min(PORTION, this.host.room());
    if (room <= 0) {
      // What there is nobody knows: the first place that is free is for it.
      this.hasBacklog = true;
      return;
    }
    const found: Claim[] = [];
    try {
      if (this.orphansAsked) await this.claimOrphans(found, room);
      if (found.length < room) found.push(...(await this.claims.due(this.clock.now(), room - found.length)));
      this.hasBacklog = found.length === room;
      if (this.hasBacklog) {
        this.lookAgain = true;
        this.host.overflow();
      } else if (found.length > 0) this.lookSoon();
    } finally {
      // Whatever has become of the statements after it, what was claimed is in hand.
      await this.takeAll(found);
    }
  }

  private async claimOrphans(found: Claim[], room: number): Promise<void> {
    this.orphansAsked = false;
    found.push(...(await this.claims.orphans(room)));
    if (found.length < room) found.push(...(await this.suspects.claim(room - found.length)));
    if (found.length === room) this.orphansAsked = true;
    for (const [instance, count] of countBy(found, ({ from }) => from)) {
      this.log.info({ instance, count }, 'going on with executions of an instance that is dead');
    }
  }

  private async takeAll(found: Claim[]): Promise<void> {
    const taken = await this.host.take(found);
    for (const [index, { id }] of found.entries()) {
      const active = taken[index];
      if (active) this.suspects.hold(active);
      else this.suspects.release(id);
    }
  }

  private lookSoon(): void {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.look(), LOOK_AGAIN_MS).unref();
  }
}

function countBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
