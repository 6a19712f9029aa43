import { Injectable } from '@nestjs/common';
import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { invalidParams } from '../engine/errors.js';
import type { NumberedEvent } from '../engine/journal/events.js';
import { carriesRow, presentEvent, type PresentedEvent } from '../engine/journal/present-event.js';
import { EventRepository } from '../repositories/event.repository.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { ExecutionRepository, type ExecutionHead } from '../repositories/execution.repository.js';
import { LogRepository, type LogLine } from '../repositories/log.repository.js';
import type { ListEventsQuery } from './dto/list-events.query.js';
import type { ListLogsQuery } from './dto/list-logs.query.js';
import { executionNotFound } from './execution-not-found.js';
import { Plans } from './plans.js';

/** A page of the journal. `nextAfter` goes on where it ended: as `after`, or in descending order as `before`. */
export interface EventList {
  executionId: string;
  events: PresentedEvent[];
  nextAfter: number | null;
}

export interface LogList {
  executionId: string;
  logs: LogLine[];
  count: number;
}

/** What was written of an execution: its events and its log. */
@Injectable()
export class ExecutionJournal {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly journal: EventRepository,
    private readonly log: LogRepository,
    private readonly folds: ExecutionFolds,
    private readonly plans: Plans,
  ) {}

  /** @throws EngineError NOT_FOUND */
  async events(executionId: string, query: ListEventsQuery): Promise<EventList> {
    const { workflowId, revision } = await this.find(executionId);
    const { after, before, limit, type, nodeId } = query;
    const descending = (query.order ?? (before === undefined ? 'asc' : 'desc')) === 'desc';
    const [plan, page] = await Promise.all([
      this.plans.get(workflowId, revision),
      this.journal.list(executionId, { after, before, descending, limit, type, nodeId }),
    ]);
    const events = await this.present(executionId, plan, page.events);
    return { executionId, events, nextAfter: page.more ? (events.at(-1)?.seq ?? null) : null };
  }

  /** @throws EngineError NOT_FOUND; INVALID_PARAMS for more than one of `after`, `before` and `tail` */
  async logs(executionId: string, query: ListLogsQuery): Promise<LogList> {
    const { after, before, tail } = query;
    const windows = Object.entries({ after, before, tail: tail || undefined }).filter(
      ([, value]) => value !== undefined,
    );
    const [first, second] = windows.map(([name]) => name);
    if (second !== undefined) {
      throw invalidParams([{ field: second, message: `${second} and ${first} exclude each other` }]);
    }
    await this.find(executionId);
    const logs = await this.log.list(executionId, query);
    return { executionId, logs, count: logs.length };
  }

  /** Events that carry a row need the fold right after them: the journal is folded once, up to the last of these. */
  private async present(
    executionId: string,
    plan: ExecutionPlan,
    events: readonly NumberedEvent[],
  ): Promise<PresentedEvent[]> {
    const withRow = new Set(events.filter(({ event }) => carriesRow(event.type)).map(({ seq }) => seq));
    const presented = new Map<number, PresentedEvent>();
    if (withRow.size > 0) {
      await this.folds.replay(executionId, Math.max(...withRow), (numbered, state) => {
        if (withRow.has(numbered.seq)) presented.set(numbered.seq, presentEvent(executionId, plan, numbered, state));
      });
    }
    return events.map((numbered) => presented.get(numbered.seq) ?? presentEvent(executionId, plan, numbered, null));
  }

  private async find(executionId: string): Promise<ExecutionHead> {
    const head = await this.executions.find(executionId);
    if (!head) throw executionNotFound(executionId);
    return head;
  }
}
