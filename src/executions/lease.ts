import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { Database } from '../repositories/database.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { InstanceRepository } from '../repositories/instance.repository.js';
import { Clock } from './clock.js';
import { ownProcess } from './process-identity.js';

/** An effect begins only when the lease surely holds this much longer, in ms. */
const LEASE_MARGIN_MS = 2000;
const RETRY_MS = 100;
const LOST =
  'the lease is lost: another instance takes over what this one drove, and nothing more is written for it from here';

/** Who lives by the lease. */
export interface LeaseHolder {
  /** The lease is lost: whatever is driven belongs to others, and is forgotten at once. */
  lost(): void;
  /** The instance goes on under a new id. */
  renewed(): void;
  /** A heartbeat was confirmed. */
  beaten(): void;
}

/**
 * The instance's right to write: one row, renewed by a heartbeat. The lease belongs to the instance, not to an execution,
 * so it costs one row lock a batch.
 */
@Injectable()
export class Lease {
  private holder: LeaseHolder | undefined;
  private registered = false;
  /** When the last heartbeat that was confirmed was sent. */
  private sent: Moment | undefined;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly config: Config,
    private readonly identity: InstanceIdentity,
    private readonly instances: InstanceRepository,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Registers the instance and begins to beat. */
  async begin(holder: LeaseHolder): Promise<void> {
    this.holder = holder;
    await this.register();
    await this.beat();
    this.timer = setInterval(() => void this.beat(), this.config.heartbeatMs);
  }

  /**
   * Resolves once the lease surely holds for long enough to act; renews it first when that is not known. Never after the
   * lease has been given back.
   */
  async confirm(): Promise<void> {
    while (!this.holds()) {
      if (this.stopped) return new Promise(() => undefined);
      await this.beat();
      if (!this.holds()) await delay(RETRY_MS);
    }
  }

  /** Gives the lease back; the next instance may claim at once. */
  async end(): Promise<void> {
    this.stopped = true;
    this.sent = undefined;
    clearInterval(this.timer);
    await this.beating;
    await this.instances.retire(this.identity.id).catch((error: unknown) => {
      this.log.warn({ err: error }, 'could not give the lease back; it ends by itself');
    });
  }

  /** A batch found the lease gone: look at once, and go on under a new id. */
  lost(): void {
    this.sent = undefined;
    // A heartbeat that is under way may have been sent before that.
    void (this.beating ?? Promise.resolve()).then(() => this.beat());
  }

  private holds(): boolean {
    return this.sent !== undefined && elapsedSince(this.sent) < this.config.leaseMs - LEASE_MARGIN_MS;
  }

  private beat(): Promise<void> {
    this.beating ??= this.renew().finally(() => {
      this.beating = undefined;
    });
    return this.beating;
  }

  private async renew(): Promise<void> {
    if (this.stopped) return;
    try {
      if (!this.registered) await this.goOn();
      const sent = moment();
      const now = await this.instances.renew(this.identity.id);
      if (this.stopped) return;
      if (now === null) return await this.lose();
      this.sent = sent;
      this.clock.adjust(now, sent.monotonic, performance.now());
      this.holder?.beaten();
    } catch (error) {
      this.log.warn({ err: error }, 'the heartbeat failed; trying again');
    }
  }

  /** The old id is left at once, with its sessions: whoever took over from it may end them. */
  private async lose(): Promise<void> {
    const { id } = this.identity;
    this.sent = undefined;
    this.registered = false;
    this.holder?.lost();
    this.log.error({ instance: id }, LOST);
    this.identity.renew();
    this.database.renewSessions();
    await this.goOn();
  }

  /** When the database is away, the next heartbeat tries again. */
  private async goOn(): Promise<void> {
    await this.register();
    this.holder?.renewed();
    this.log.warn({ instance: this.identity.id }, 'goes on under a new id');
  }

  private async register(): Promise<void> {
    await this.instances.register(this.identity.id, await ownProcess());
    this.registered = true;
  }
}

/** The monotonic clock decides. It stands while the machine sleeps, which only the other one notices. */
interface Moment {
  monotonic: number;
  wall: number;
}

function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

function elapsedSince({ monotonic, wall }: Moment): number {
  return Math.max(performance.now() - monotonic, Date.now() - wall);
}
