import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../repositories/database.js';
import { WakeChannel } from '../repositories/wake-channel.js';

/** Wakes other instances and is woken by them, as long as there are any. */
@Injectable()
export class WakeUps implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listeners = new Set<() => void>();
  private others = false;

  constructor(
    private readonly database: Database,
    private readonly channel: WakeChannel,
  ) {}

  /** Nobody else can use a database of our own. */
  onApplicationBootstrap(): void {
    if (this.database.exclusive) return;
    this.channel.open(() => {
      for (const listener of this.listeners) listener();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.channel.close();
  }

  /** True while another instance lives, as far as is known: what comes or goes is seen after a heartbeat at the latest. */
  get hasOthers(): boolean {
    return this.others;
  }

  /** Whether another instance lives, by the look that was taken last. */
  sawOthers(areThere: boolean): void {
    this.others = areThere && !this.database.exclusive;
  }

  /** Another instance lives: it is known of before it is seen. */
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
}
