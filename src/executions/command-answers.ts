import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { CommandRepository, type CommandStanding } from '../repositories/command.repository.js';
import { WakeUps } from './wake-ups.js';

const LOOK_EVERY_MS = 200;

/** How a command stands; `gone`: it was withdrawn, or its execution is gone. */
export type Seen = CommandStanding | 'gone';

/** Looks how posted commands stand: five times a second and when woken, for all that are waited for at once. */
@Injectable()
export class CommandAnswers implements OnApplicationBootstrap, OnApplicationShutdown {
  /** By the command's id, who waits for the next look. */
  private waiting = new Map<string, ((seen: Seen) => void)[]>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly commands: CommandRepository,
    private readonly wakeUps: WakeUps,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.wakeUps.onWake(() => void this.look());
  }

  /** Every connection to a client is closed by now: whoever still waits has nobody to tell. */
  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** How a command stands now. */
  async now(id: string): Promise<Seen> {
    return (await this.commands.standings([id])).get(id) ?? 'gone';
  }

  /** How it stands at the next look; never once the server has stopped. */
  next(id: string): Promise<Seen> {
    if (this.stopped) return new Promise(() => undefined);
    this.timer ??= setTimeout(() => void this.look(), LOOK_EVERY_MS);
    return new Promise((resolve) => this.waiting.set(id, [...(this.waiting.get(id) ?? []), resolve]));
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting } = this;
    if (waiting.size === 0) return;
    this.waiting = new Map();
    const standings = await this.commands.standings([...waiting.keys()]).catch((error: unknown) => {
      this.log.debug({ err: error }, 'could not look how commands stand; trying again');
      return undefined;
    });
    for (const [id, callbacks] of waiting) {
      // Nothing is known of it: it stands as before, and its owner may have it in hand.
      const seen = standings ? (standings.get(id) ?? 'gone') : { answer: null, isElsewhere: true };
      for (const callback of callbacks) callback(seen);
    }
  }
}
