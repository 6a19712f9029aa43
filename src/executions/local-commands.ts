import { Injectable } from '@nestjs/common';
import { atMost } from '../config/at-most.js';
import type { ExecutionCommand } from '../repositories/command.repository.js';
import type { ActiveExecution } from './active-execution.js';
import { commandUnknown } from './command-unknown.js';
import { Dispatcher } from './dispatcher.js';
import { ExecutionElsewhere } from './execution-elsewhere.js';
import { checkSeq } from './expected-seq.js';
import { NodeSettlement } from './node-settlement.js';
import { ResumePreparation } from './resume-preparation.js';

/** How long a command that ends an execution waits for the end. */
const WAIT_FOR_END_MS = 10_000;
const WAIT_FOR_COMMIT_MS = 30_000;

interface Applied {
  active: ActiveExecution;
  /** Of the command's last event; null when it changed nothing. */
  ownSeq: number | null;
}

/** Carries commands out on the executions that this instance drives, or can claim. */
@Injectable()
export class LocalCommands {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly settlement: NodeSettlement,
    private readonly preparation: ResumePreparation,
  ) {}

  /**
   * Resolves when what the command changed is committed, and for an end when it has ended, at most after 10 s. One whose
   * id the journal has already changes nothing more.
   * @returns the seq of the committed state that it led to; for a resume that is where it began to run, whatever came next
   * @throws EngineError NOT_FOUND; INVALID_TRANSITION or CONFLICT (also when `expectedSeq` is not the present seq): nothing
   * was changed; SERVICE_UNAVAILABLE. ExecutionElsewhere when another instance drives the execution, or takes it over before
   * the commit: the journal says whether the command was carried out
   */
  async carryOut(given: ExecutionCommand): Promise<number> {
    const { active, ownSeq } = await this.apply(given);
    const { seq } = active.state;
    let isCommitted = false;
    let hasLeft = false;
    const committed = active.stream.committed().then(() => void (isCommitted = true));
    const left = active.left.then(() => void (hasLeft = true));
    if (given.command.kind === 'end') await atMost(WAIT_FOR_END_MS, left);
    await atMost(WAIT_FOR_COMMIT_MS, active.isLeaving ? left : Promise.race([committed, left]));
    if (active.isAbandoned) throw new ExecutionElsewhere(given.executionId);
    if (!isCommitted && !hasLeft) throw commandUnknown(given.executionId);
    // Under another plan it is due at once, for whoever has room.
    if (given.command.kind === 'carry-on' && active.isLeaving) this.dispatcher.queued();
    if (isResume(given) && ownSeq !== null) return ownSeq;
    return hasLeft ? active.state.seq : seq;
  }

  /**
   * One that is on its way out takes no command any more: it is claimed anew. Between that look and the command no other
   * one may come, hence no await.
   */
  private async apply({ id, executionId, command, expectedSeq }: ExecutionCommand): Promise<Applied> {
    const decided = await this.settlement.prepared(executionId, command);
    const prepared = await this.preparation.prepared(executionId, decided, id);
    let active = await this.dispatcher.hold(executionId);
    while (active.isLeaving) active = await this.dispatcher.hold(executionId);
    try {
      if (!active.state.commandIds.has(id)) checkSeq(active.state.seq, expectedSeq);
      const ownSeq = active.driver.command({ ...prepared, commandId: id });
      active.driver.release();
      return { active, ownSeq };
    } catch (error) {
      active.driver.release();
      await this.preparation.discard(prepared);
      // It was claimed for this command alone: whoever hears of the refusal may delete it at once.
      if (active.isLeaving) await atMost(WAIT_FOR_COMMIT_MS, active.left);
      throw error;
    }
  }
}

function isResume({ command: { kind } }: ExecutionCommand): boolean {
  return kind === 'resume' || kind === 'carry-on';
}
