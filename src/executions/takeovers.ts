import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { Database } from '../repositories/database.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { InstanceRepository, type OtherInstance } from '../repositories/instance.repository.js';
import { evidenceOf, ownProcess } from './process-identity.js';

/** A session that holds a dead instance's row for longer than this is ended. */
const PATIENCE_MS = 1000;
/** Takeovers that wait for a row at once: each takes a connection that requests want too. */
const AT_ONCE = 4;

/** Why an instance is taken over, and the silence (ms) that the database has to confirm; null: none. */
interface Reason {
  why: string;
  silentMs: number | null;
}

/** What it tells of the others. */
export interface TakeoverEvents {
  /** After each look: so many are not declared dead. */
  looked(others: number): void;
  /** There is something to claim. */
  takenOver(): void;
}

/** Declares instances dead that are gone or silent for longer than their lease. */
@Injectable()
export class Takeovers {
  /** One that waits must hold up neither the heartbeat nor the takeovers of others. */
  private readonly underWay = new Set<string>();
  private looking = false;
  private areMore = false;
  private timer: NodeJS.Timeout | undefined;
  private events: TakeoverEvents | undefined;

  constructor(
    private readonly config: Config,
    private readonly identity: InstanceIdentity,
    private readonly instances: InstanceRepository,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Who is told of the others. */
  begin(events: TakeoverEvents): void {
    this.events = events;
  }

  /** Looks at all others once, and forgets those dead ones that no execution names any more. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const own = await ownProcess();
      const others = await this.instances.aliveBeside(this.identity.id);
      this.events?.looked(others.length);
      for (const other of others) {
        if (this.underWay.has(other.id)) continue;
        const reason = await this.reasonFor(other, own);
        if (!reason) this.lookAfter(this.config.leaseMs - other.silentMs);
        else if (this.underWay.size < AT_ONCE) void this.takeOver(other, reason);
        else this.areMore = true;
      }
      await this.instances.forgetDead();
    } catch (error) {
      this.log.debug({ err: error }, 'could not look after other instances; trying again');
    } finally {
      this.looking = false;
      this.goOnWithMore();
    }
  }

  /** A lease that ends before the next heartbeat is not overlooked until then. */
  private lookAfter(ms: number): void {
    if (ms >= this.config.heartbeatMs) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), ms + 1).unref();
  }

  private async reasonFor(other: OtherInstance, own: Awaited<ReturnType<typeof ownProcess>>): Promise<Reason | null> {
    // With a database of our own nobody else can be alive: the folder's lock was theirs before it was ours.
    if (this.database.exclusive) return { why: 'it held DATA_DIR before', silentMs: null };
    const evidence = await evidenceOf(other, own);
    if (evidence === 'gone') return { why: 'its process is gone', silentMs: null };
    const { leaseMs, heartbeatMs } = this.config;
    const shortMs = Math.min(leaseMs, 2 * heartbeatMs);
    if (evidence === 'earlier' && other.silentMs > shortMs) {
      return { why: 'it is silent and of an earlier boot or container of this host', silentMs: shortMs };
    }
    if (other.silentMs <= leaseMs) return null;
    return { why: `it was silent for ${Math.round(other.silentMs)} ms`, silentMs: leaseMs };
  }

  private async takeOver(other: OtherInstance, { why, silentMs }: Reason): Promise<void> {
    const { id: instance, host, pid } = other;
    this.underWay.add(instance);
    const impatient = setInterval(() => void this.endSessions(instance), PATIENCE_MS);
    try {
      if (!(await this.instances.takeOver(instance, silentMs))) return;
      this.log.warn({ instance, host, pid, why }, 'took over from an instance that is dead');
      this.events?.takenOver();
    } catch (error) {
      this.log.warn({ instance, err: error }, 'could not take over from an instance that is dead; trying again');
    } finally {
      clearInterval(impatient);
      this.underWay.delete(instance);
      this.goOnWithMore();
    }
  }

  /** A place may have become free while the others were still being looked at. */
  private goOnWithMore(): void {
    if (!this.areMore || this.looking || this.underWay.size >= AT_ONCE) return;
    this.areMore = false;
    void this.look();
  }

  /** A process that was stopped in the middle of a batch keeps its row locked until its session ends. */
  private async endSessions(instance: string): Promise<void> {
    try {
      const sessions = await this.instances.endSessions(instance);
      this.log.warn({ instance, sessions }, 'a takeover waits for a batch: ended the sessions of the dead instance');
    } catch (error) {
      this.log.error({ instance, err: error }, 'a takeover waits for a batch, and its session could not be ended');
    }
  }
}
