import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { EngineError } from '../engine/errors.js';
import type { CreationRow } from '../engine/journal/batch.js';
import type { EventOf } from '../engine/journal/events.js';
import { buildRecord, type ExecutionRecord } from '../engine/journal/execution-record.js';
import { startFold } from '../engine/journal/fold.js';
import { ActiveExecutions, CreationLost } from './active-executions.js';
import { Clock } from './clock.js';
import type { CreateExecution } from './create-execution.js';
import { Dispatcher } from './dispatcher.js';
import { JournalQueue } from './journal-queue.js';
import { Plans } from './plans.js';

/** What a new execution holds in memory until it is written, beside its events; measured. */
const CREATION_CHARACTERS = 16_384;

/** Takes new executions in. */
@Injectable()
export class ExecutionIntake {
  /** How long a new one waits for room in the journal's queue. */
  waitForRoomMs = 5000;
  /** How long for its commit. */
  waitForCommitMs = 30_000;

  constructor(
    private readonly plans: Plans,
    private readonly active: ActiveExecutions,
    private readonly dispatcher: Dispatcher,
    private readonly queue: JournalQueue,
    private readonly clock: Clock,
  ) {}

  /**
   * Creates an execution; the record is as created. Without a key it may run before its creation is committed, as long as
   * nothing outside is touched: if the commit fails, nothing existed.
   * @throws EngineError NOT_FOUND, CONFLICT, UNSTORABLE, SERVICE_UNAVAILABLE; CreationLost `exists` for a key that is taken
   */
  async create(request: CreateExecution, idempotency?: CreationRow['idempotency']): Promise<ExecutionRecord> {
    const { head, plan } = await this.plans.forNew(request.workflowId, request.revision);
    const giveBack = await this.queue.placeWithin(this.waitForRoomMs, CREATION_CHARACTERS);
    if (!giveBack) throw new EngineError('SERVICE_UNAVAILABLE', 'Too much waits to be written; try again later');
    const created = this.createdEvent(request, head.name, plan);
    const executionId = `exec_${plan.workflowId}_${created.timestamp}_${randomDigits()}`;
    const state = startFold(created);
    const record = buildRecord({ executionId, plan, state, now: created.timestamp });
    const identity = identityOf(executionId, created, plan);
    const active = this.active.add({ executionId, plan, state, creation: { identity, idempotency } }, created);
    const startAt = request.runAt !== undefined && request.runAt > created.timestamp ? request.runAt : null;
    // Also when it is committed so late that nobody waits for it any more.
    const goOn = () => {
      if (startAt !== null) this.dispatcher.wakeAt(startAt);
      else if (active.isLeaving) this.dispatcher.queued();
      else if (idempotency) active.driver.start();
    };
    const committed = this.active.created(active).then(goOn).finally(giveBack);
    if (startAt !== null || !this.dispatcher.hasRoom) active.leave(startAt ?? created.timestamp);
    else if (!idempotency) active.driver.start();
    await this.confirm(executionId, committed);
    return record;
  }

  private createdEvent(
    request: CreateExecution,
    workflowName: string,
    plan: ExecutionPlan,
  ): EventOf<'execution:created'> {
    const { trigger, context, labels, priority, runAt, rerunOf, actor, reason } = request;
    const { workflowId, revision } = plan;
    const what = { workflowId, workflowName, revision, trigger, context, labels, priority, runAt, rerunOf };
    return { type: 'execution:created', timestamp: this.clock.now(), ...what, actor, reason };
  }

  private async confirm(executionId: string, committed: Promise<void>): Promise<void> {
    const late = new Promise<'late'>((resolve) => {
      const cancel = this.clock.setTimer(this.waitForCommitMs, () => resolve('late'));
      committed.then(cancel, cancel);
    });
    try {
      if ((await Promise.race([committed, late])) !== 'late') return;
    } catch (error) {
      throw refusal(executionId, error);
    }
    throw creationUnknown(executionId);
  }
}

function identityOf(id: string, created: EventOf<'execution:created'>, plan: ExecutionPlan) {
  const { workflowId, workflowName, trigger, context, labels, priority, runAt, timestamp: createdAt } = created;
  const { version: workflowVersion, revision: workflowRevision } = plan;
  const totalNodes = plan.nodes.length;
  const workflow = { workflowId, workflowName, workflowVersion, workflowRevision, totalNodes };
  return { id, ...workflow, trigger, context, labels, priority, runAt, createdAt };
}

/** 62 random bits as 16 hexadecimal digits, from the pool that Node keeps for UUIDs: `randomBytes` asks the system each time. */
function randomDigits(): string {
  return randomUUID().replaceAll('-', '').slice(-16);
}

function refusal(executionId: string, error: unknown): unknown {
  if (!(error instanceof CreationLost) || error.loss === 'exists') return error;
  if (error.loss === 'unstorable') return new EngineError('UNSTORABLE', 'The execution cannot be stored');
  if (error.loss === 'unconfirmed') return creationUnknown(executionId);
  return new EngineError('SERVICE_UNAVAILABLE', 'The execution was not created; try again');
}

/** It may exist, and run by now. */
function creationUnknown(executionId: string): EngineError {
  const details = { executionId, committed: 'unknown' };
  return new EngineError('SERVICE_UNAVAILABLE', 'Nobody knows yet whether the execution was created', details);
}
