import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { Database } from '../repositories/database.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { InstanceRepository, type InstanceProcess } from '../repositories/instance.repository.js';
import { Clock } from './clock.js';
import { isProvablyGone, ownProcess } from './process-identity.js';

/** An effect begins only when the lease surely holds this much longer, in ms. */
const LEASE_MARGIN_MS = 2000;

/**
 * The instance's right to write: one row, renewed by a heartbeat. The lease belongs to the instance, not to an execution,
 * so it costs one row lock a batch.
 */
@Injectable()
export class Lease {
  private process: InstanceProcess | undefined;
  private onLost: () => Promise<void> = () => Promise.resolve();
  /** On the monotonic clock: when the last heartbeat that was confirmed was sent. */
  private sentAt = Number.NEGATIVE_INFINITY;
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

  /**
   * Registers the instance, takes over whoever is provably gone, and begins to beat. `onLost` is told when the instance's
   * row is gone or dead: everything that it drives belongs to others.
   */
  async begin(onLost: () => Promise<void>): Promise<void> {
    this.onLost = onLost;
    this.process = await ownProcess();
    await this.instances.register(this.identity.id, this.process);
    await this.beat();
    this.timer = setInterval(() => void this.beat(), this.config.heartbeatMs);
  }

  /** Resolves once the lease surely holds for long enough to act; renews it first when that is not known. */
  async confirm(): Promise<void> {
    while (!this.holds() && !this.stopped) {
      await this.beat();
      if (!this.holds()) await delay(100);
    }
  }

  /** Gives the lease back; the next instance may claim at once. */
  async end(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.beating;
    await this.instances.retire(this.identity.id).catch((error: unknown) => {
      this.log.warn({ err: error }, 'could not give the lease back; it ends by itself');
    });
  }

  /** Goes on under a new id, after the old one was lost. */
  async renewIdentity(): Promise<void> {
    const id = this.identity.renew();
    if (this.process) await this.instances.register(id, this.process);
    this.log.warn({ instance: id }, 'registered under a new id');
  }

  /** A batch found the lease gone: look at once, and go on under a new id. */
  lost(): void {
    this.sentAt = Number.NEGATIVE_INFINITY;
    void this.beat();
  }

  private holds(): boolean {
    return performance.now() - this.sentAt < this.config.leaseMs - LEASE_MARGIN_MS;
  }

  private beat(): Promise<void> {
    this.beating ??= this.renew().finally(() => {
      this.beating = undefined;
    });
    return this.beating;
  }

  private async renew(): Promise<void> {
    const sentAt = performance.now();
    try {
      const now = await this.instances.renew(this.identity.id);
      if (this.stopped) return;
      if (now === null) return await this.lose();
      this.sentAt = sentAt;
      this.clock.adjust(now, sentAt, performance.now());
      await this.takeOverOthers();
    } catch (error) {
      this.log.warn({ err: error }, 'the heartbeat failed; trying again');
    }
  }

  private async lose(): Promise<void> {
    this.sentAt = Number.NEGATIVE_INFINITY;
    this.log.error(
      { instance: this.identity.id },
      'the lease is lost: another instance has taken over what this one drove',
    );
    await this.onLost();
  }

  private async takeOverOthers(): Promise<void> {
    const own = this.process;
    if (!own) return;
    for (const other of await this.instances.aliveBeside(this.identity.id)) {
      // With a database of our own nobody else can be alive: the folder's lock was theirs before it was ours.
      const gone = this.database.exclusive || (await isProvablyGone(other, own));
      if (!(await this.instances.takeOver(other.id, gone ? null : this.config.leaseMs))) continue;
      this.log.warn(
        { instance: other.id, host: other.host, pid: other.pid },
        'took over from an instance that is gone',
      );
    }
    await this.instances.forgetDead();
  }
}
