import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ExecutionRecord } from '../engine/journal/execution-record.js';
import type { Command } from '../engine/state/decide-command.js';
import type { CreateExecution } from './create-execution.js';
import { ExecutionElsewhere } from './execution-elsewhere.js';
import { ExecutionIntake } from './execution-intake.js';
import { KeyedCreations } from './keyed-creations.js';
import { LocalCommands } from './local-commands.js';
import { PostedCommands } from './posted-commands.js';

/** Either the record as created, or the id of the execution that the Idempotency-Key has already. */
export type CreateResult = { created: ExecutionRecord } | { existing: string };

export interface CommandOptions {
  /** The seq that whoever sent it has seen. */
  ifMatchSeq?: number;
  /** 1..255 characters; one name space an execution. */
  idempotencyKey?: string;
}

/** Creates executions and carries commands out. */
@Injectable()
export class ExecutionsService {
  constructor(
    private readonly intake: ExecutionIntake,
    private readonly keyed: KeyedCreations,
    private readonly local: LocalCommands,
    private readonly posted: PostedCommands,
  ) {}

  /** @throws EngineError NOT_FOUND, CONFLICT, UNSTORABLE, SERVICE_UNAVAILABLE */
  async create(request: CreateExecution): Promise<CreateResult> {
    const { idempotencyKey: key, bodyHash } = request;
    if (key === undefined || bodyHash === undefined) return { created: await this.intake.create(request) };
    return this.keyed.once(key, bodyHash, () => this.intake.create(request, { key, bodyHash }));
  }

  /**
   * Carries a command out, whichever instance drives the execution; resolves when what it changed is committed, and for an
   * end when it has ended, at most after 10 s.
   * @returns the seq of the state that it led to; with an idempotency key it is the same each time
   * @throws EngineError NOT_FOUND, INVALID_TRANSITION, CONFLICT (also when `ifMatchSeq` is not the present seq, and when the
   * key came with another command), SERVICE_UNAVAILABLE when nobody carries it out in time
   */
  async command(
    executionId: string,
    command: Command,
    { ifMatchSeq: expectedSeq, idempotencyKey }: CommandOptions = {},
  ): Promise<number> {
    const given = { id: newCommandId(), executionId, command, expectedSeq };
    if (idempotencyKey !== undefined) return this.posted.carryOut(given, idempotencyKey);
    try {
      return await this.local.carryOut(given);
    } catch (error) {
      if (error instanceof ExecutionElsewhere) return this.posted.carryOut(given, undefined);
      throw error;
    }
  }
}

function newCommandId(): string {
  return `cmd_${randomBytes(9).toString('base64url')}`;
}
