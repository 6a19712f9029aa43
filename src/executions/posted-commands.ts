import { Injectable } from '@nestjs/common';
import { atMost } from '../config/at-most.js';
import { canonicalJson } from '../engine/canonical-json.js';
import { EngineError } from '../engine/errors.js';
import type { Command } from '../engine/state/decide-command.js';
import type { JsonObject } from '../engine/json.js';
import { ClaimRepository } from '../repositories/claim.repository.js';
import { type CommandAnswer, CommandRepository, type ExecutionCommand } from '../repositories/command.repository.js';
import { CommandAnswers, type Seen } from './command-answers.js';
import { CommandInbox } from './command-inbox.js';
import { commandUnknown } from './command-unknown.js';
import { executionNotFound } from './execution-not-found.js';
import { WakeUps } from './wake-ups.js';

/** Longer than the end of a cancellation is waited for, and than a dead instance is taken over in. */
const WAIT_MS = 30_000;

/**
 * Commands that go through the table: to the instance that drives the execution, or with a key that gives the first answer
 * again. Where no living instance drives the execution, the command is carried out here.
 */
@Injectable()
export class PostedCommands {
  /** How long an answer is waited for; a command that nobody has taken by then is withdrawn. */
  waitMs = WAIT_MS;

  constructor(
    private readonly commands: CommandRepository,
    private readonly answers: CommandAnswers,
    private readonly inbox: CommandInbox,
    private readonly claims: ClaimRepository,
    private readonly wakeUps: WakeUps,
  ) {}

  /**
   * @param key its first command is carried out once, and every later one gets that one's answer
   * @returns the seq of the committed state that it led to
   * @throws EngineError what the command was refused with; NOT_FOUND; CONFLICT when the key came with another command;
   * SERVICE_UNAVAILABLE when nobody has answered in time: with `committed: "unknown"` in its details the command may have
   * been carried out, without it it was not and will not be
   */
  async carryOut(given: ExecutionCommand, key: string | undefined): Promise<number> {
    const { executionId } = given;
    const deadline = performance.now() + this.waitMs;
    const outcome = await this.commands.post(given, key, this.waitMs);
    if (outcome === 'missing') throw executionNotFound(executionId);
    if (outcome === 'posted' || key === undefined) return this.answerTo(given, deadline);
    const earlier = await this.commands.withKey(executionId, key, this.waitMs);
    if (!earlier) throw commandUnknown(executionId);
    if (!isSame(earlier.command, given.command)) {
      throw new EngineError('CONFLICT', 'The Idempotency-Key was used with another command', { key, executionId });
    }
    return earlier.answer ? seqOf(earlier.answer) : this.answerTo(earlier, deadline);
  }

  private async answerTo({ id, executionId }: ExecutionCommand, deadline: number): Promise<number> {
    let seen = await this.answers.now(id);
    for (;;) {
      if (seen === 'gone') throw await this.goneError(executionId);
      if (seen.answer) return seqOf(seen.answer);
      const left = deadline - performance.now();
      if (left <= 0) return this.withdraw(id, executionId);
      seen = seen.isElsewhere ? await this.askOwner(id) : await this.carryOutHere(id, left);
    }
  }

  private askOwner(id: string): Promise<Seen> {
    this.wakeUps.metAnother();
    this.wakeUps.wake();
    return this.answers.next(id);
  }

  private async carryOutHere(id: string, atMostMs: number): Promise<Seen> {
    await atMost(atMostMs, this.inbox.carryOut(id));
    const seen = await this.answers.now(id);
    return seen === 'gone' || seen.answer ? seen : this.answers.next(id);
  }

  private async withdraw(id: string, executionId: string): Promise<number> {
    if (await this.commands.withdraw(id)) {
      const message = 'The instance that drives the execution does not answer; the command was withdrawn';
      throw new EngineError('SERVICE_UNAVAILABLE', message, { executionId });
    }
    const seen = await this.answers.now(id);
    if (seen !== 'gone' && seen.answer) return seqOf(seen.answer);
    throw commandUnknown(executionId);
  }

  private async goneError(executionId: string): Promise<EngineError> {
    const isThere = await this.claims.exists(executionId);
    return isThere ? commandUnknown(executionId) : executionNotFound(executionId);
  }
}

/** Who sent it does not make it another command. */
function isSame(one: Command, other: Command): boolean {
  const [text, otherText] = [one, other].map((command) =>
    canonicalJson({ ...command, actor: undefined, commandId: undefined } as JsonObject),
  );
  return text === otherText;
}

/** @throws EngineError what the command was refused with */
function seqOf(answer: CommandAnswer): number {
  if ('seq' in answer) return answer.seq;
  const { code, message, details } = answer.error;
  throw new EngineError(code, message, details);
}
