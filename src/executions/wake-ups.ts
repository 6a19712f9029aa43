import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { Database } from '../repositories/database.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { InstanceRepository } from '../repositories/instance.repository.js';
import { WakeChannel } from '../repositories/wake-channel.js';

/** Wakes other instances and is woken by them, as long as there are any. */
@Injectable()
export class WakeUps implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listeners = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;
  private others = false;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly instances: InstanceRepository,
    private readonly identity: InstanceIdentity,
    private readonly channel: WakeChannel,
    private readonly log: Log,
  ) {}

  /** Nobody else can use a database of our own. */
  onApplicationBootstrap(): void {
    if (this.database.exclusive) return;
    this.channel.open(() => {
      for (const listener of this.listeners) listener();
    });
    this.timer = setInterval(() => void this.countOthers(), this.config.heartbeatMs);
    void this.countOthers();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.channel.close();
  }

  /** True while another instance lives, as far as is known: what comes or goes is seen after a heartbeat at the latest. */
  get hasOthers(): boolean {
    return this.others;
  }

  /** Another instance lives: it is known of before it is counted. */
  metAnother(): void {
    this.others = true;
  }

  /** Tells the others, if there are any, that they should look. */
  wake(): void {
    if (this.others) this.channel.notify();
  }

  /** `listener` is called when another instance says that there may be something to see, and when some of it was missed. */
  onWake(listener: () => void): void {
    this.listeners.add(listener);
  }

  private async countOthers(): Promise<void> {
    try {
      this.others = (await this.instances.aliveBeside(this.identity.id)).length > 0;
    } catch (error) {
      this.log.debug({ err: error }, 'could not count the other instances; trying again');
    }
  }
}
