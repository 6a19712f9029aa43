import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { CommandRepository } from '../repositories/command.repository.js';

const LOOK_EVERY_MS = 600_000;
const KEEP_MS = 3_600_000;

/** Deletes commands without an Idempotency-Key once they are an hour old; those with one go with their execution. */
@Injectable()
export class CommandRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly commands: CommandRepository,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      await this.commands.forget(KEEP_MS);
    } catch (error) {
      this.log.debug({ err: error }, 'old commands could not be deleted; trying again');
    }
  }
}
