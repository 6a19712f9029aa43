import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { atMost } from '../config/at-most.js';
import type { ExecutionRecord } from '../engine/journal/execution-record.js';
import type { Command } from '../engine/state/decide-command.js';
import type { ActiveExecution } from './active-execution.js';
import type { CreateExecution } from './create-execution.js';
import { Dispatcher } from './dispatcher.js';
import { ExecutionIntake } from './execution-intake.js';
import { checkSeq } from './expected-seq.js';
import { KeyedCreations } from './keyed-creations.js';

/** How long a command that ends an execution waits for the end. */
const WAIT_FOR_END_MS = 10_000;

/** Either the record as created, or the id of the execution that the Idempotency-Key has already. */
export type CreateResult = { created: ExecutionRecord } | { existing: string };

/** Creates executions and carries commands out. */
@Injectable()
export class ExecutionsService {
  constructor(
    private readonly intake: ExecutionIntake,
    private readonly keyed: KeyedCreations,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** @throws EngineError NOT_FOUND, CONFLICT, UNSTORABLE, SERVICE_UNAVAILABLE */
  async create(request: CreateExecution): Promise<CreateResult> {
    const { idempotencyKey: key, bodyHash } = request;
    if (key === undefined || bodyHash === undefined) return { created: await this.intake.create(request) };
    return this.keyed.once(key, bodyHash, () => this.intake.create(request, { key, bodyHash }));
  }

  /**
   * Carries a command out; resolves when what it changed is committed, and for an end when it has ended, at most after 10 s.
   * @throws EngineError NOT_FOUND, INVALID_TRANSITION, CONFLICT (also when `ifMatchSeq` is not the present seq)
   */
  async command(executionId: string, command: Command, { ifMatchSeq }: { ifMatchSeq?: number } = {}): Promise<void> {
    const active = await this.carryOut(executionId, { commandId: newCommandId(), ...command }, ifMatchSeq);
    if (command.kind === 'end') await atMost(WAIT_FOR_END_MS, active.left);
    else await Promise.race([active.stream.committed(), active.left]);
  }

  /**
   * One that is on its way out takes no command any more: it is claimed anew. Between that look and the command no other
   * one may come, hence no await.
   */
  private async carryOut(executionId: string, command: Command, ifMatchSeq?: number): Promise<ActiveExecution> {
    let active = await this.dispatcher.hold(executionId);
    while (active.isLeaving) {
      await active.left;
      active = await this.dispatcher.hold(executionId);
    }
    try {
      checkSeq(active.state.seq, ifMatchSeq);
      active.driver.command(command);
    } finally {
      active.driver.release();
    }
    return active;
  }
}

function newCommandId(): string {
  return `cmd_${randomBytes(9).toString('base64url')}`;
}
