import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { runInContext } from '../config/request-context.js';
import { EngineError } from '../engine/errors.js';
import { type CommandAnswer, CommandRepository, type StoredCommand } from '../repositories/command.repository.js';
import { codedDatabaseError } from '../repositories/prisma-errors.js';
import { ExecutionElsewhere } from './execution-elsewhere.js';
import { LocalCommands } from './local-commands.js';
import { WakeUps } from './wake-ups.js';

const LOOK_EVERY_MS = 200;
/** So many are in hand at once; the others wait in the table. */
const MOST_IN_HAND = 200;

/**
 * Carries out the commands that are stored for executions of this instance, and answers them after the commit. One that
 * cannot be carried out now is left to be looked at again, by whoever has the execution then.
 */
@Injectable()
export class CommandInbox implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** By the command's id. */
  private readonly inHand = new Map<string, Promise<void>>();
  /** One taking after the other, so that none takes what another one has just taken. */
  private taking: Promise<unknown> = Promise.resolve();
  private lookWaits = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly commands: CommandRepository,
    private readonly local: LocalCommands,
    private readonly wakeUps: WakeUps,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.wakeUps.onWake(() => void this.look());
    this.timer = setInterval(() => {
      if (this.wakeUps.hasOthers) void this.look();
    }, LOOK_EVERY_MS);
  }

  /** What is in hand is bounded by the waits of each command. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.taking;
    await Promise.all(this.inHand.values());
  }

  /** Takes what waits for this instance. Never throws. */
  async look(): Promise<void> {
    // The look that waits for its turn sees all that this one would.
    if (this.timer === undefined || this.lookWaits) return;
    this.lookWaits = true;
    try {
      await this.take(() => {
        this.lookWaits = false;
        const room = MOST_IN_HAND - this.inHand.size;
        return room > 0 ? this.commands.takeOwn([...this.inHand.keys()], room) : Promise.resolve([]);
      });
    } catch (error) {
      this.log.debug({ err: error }, 'could not look for commands; trying again');
    }
  }

  /** Carries one command out here, unless somebody else has it in hand; resolves when it is answered, or left to others. */
  async carryOut(id: string): Promise<void> {
    await this.take(async () => {
      const taken = this.inHand.has(id) ? undefined : await this.commands.takeOne(id);
      return taken ? [taken] : [];
    });
    await this.inHand.get(id);
  }

  private take(find: () => Promise<StoredCommand[]>): Promise<void> {
    const turn = this.taking.then(async () => {
      for (const command of await find()) {
        const done = runInContext({ executionId: command.executionId }, () => this.settle(command));
        this.inHand.set(
          command.id,
          done.finally(() => this.inHand.delete(command.id)),
        );
      }
    });
    this.taking = turn.catch(() => undefined);
    return turn;
  }

  /** Never throws: what could not be noted in the table is taken again at the next look. */
  private async settle(command: StoredCommand): Promise<void> {
    try {
      const answer = await this.answerTo(command);
      if (answer === 'later') await this.commands.giveBack(command.id);
      else if (!isNotFound(answer) || !(await this.commands.removeOrphan(command.id)))
        await this.commands.answer(command.id, answer);
    } catch (error) {
      this.log.warn({ command: command.id, err: error }, 'a command could not be answered; trying again');
    }
    this.wakeUps.wake();
  }

  private async answerTo(command: StoredCommand): Promise<CommandAnswer | 'later'> {
    try {
      return { seq: await this.local.carryOut(command) };
    } catch (error) {
      if (error instanceof ExecutionElsewhere || codedDatabaseError(error)) return 'later';
      if (!(error instanceof EngineError)) {
        this.log.error({ command: command.id, err: error }, 'a command failed');
        return { error: { code: 'INTERNAL_ERROR', message: 'Internal server error' } };
      }
      if (error.code === 'SERVICE_UNAVAILABLE') return 'later';
      const { code, message, details } = error;
      return { error: { code, message, details } };
    }
  }
}

/** The execution, or what the command names of it. */
function isNotFound(answer: CommandAnswer): boolean {
  return 'error' in answer && answer.error.code === 'NOT_FOUND';
}
