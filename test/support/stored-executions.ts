import type { BatchEntry, ExecutionIdentity } from '../../src/engine/journal/batch.js';
import type { JournalEvent } from '../../src/engine/journal/events.js';
import type { ExecutionSummary } from '../../src/engine/journal/summary.js';
import type { LogEntry } from '../../src/engine/ports.js';
import { JournalRepository } from '../../src/repositories/journal.repository.js';
import type { OpenTestDatabase } from './test-database.js';

/** What of an execution differs from one that was created at 1000 and completed at once. */
export interface StoredExecution extends Partial<ExecutionIdentity>, Partial<Omit<ExecutionSummary, 'seq'>> {
  events?: readonly JournalEvent[];
  /** Events that each chunk holds; absent: all in one. */
  chunkSize?: number;
  logs?: LogEntry[];
  owner?: string;
}

/** Writes executions as the journal's batches do. */
export class StoredExecutions {
  private readonly journal: JournalRepository;
  private no = 0;

  constructor(private readonly test: OpenTestDatabase) {
    this.journal = new JournalRepository(test.database);
  }

  /** Registers who writes; a server on the same database does not take it for dead. */
  async begin(): Promise<this> {
    await this.test.database.pool.query(
      `INSERT INTO instances (id, host, boot_id, pid, pid_start, heartbeat_at)
       VALUES ($1, 'here', '', 1, '', clock_timestamp() + interval '1 hour')`,
      [this.test.identity.id],
    );
    return this;
  }

  /** Creates one; gives its id. */
  async add(given: StoredExecution = {}): Promise<string> {
    const identity = identityOf(given, `exec_wf_1000_${this.no}`);
    const events = given.events ?? [createdEvent(identity)];
    const { logs = [], owner = null } = given;
    const row = { summary: summaryOf(given, events.length), owner, wakeAt: null };
    const chunks = chunksOf(1, events, given.chunkSize);
    await this.nameWorkflow(identity);
    await this.write({ executionId: identity.id, seq: events.length, creation: { identity, ...row }, chunks, logs });
    return identity.id;
  }

  /** Adds events to the journal of one, from `firstSeq` on. */
  async append(executionId: string, firstSeq: number, events: readonly JournalEvent[]): Promise<void> {
    const seq = firstSeq + events.length - 1;
    await this.write({ executionId, seq, chunks: chunksOf(firstSeq, events), logs: [] });
  }

  /** As if a workflow of this name had been stored. */
  private async nameWorkflow({ workflowId, workflowName }: ExecutionIdentity): Promise<void> {
    const text = 'INSERT INTO workflow_names VALUES ($1, $2) ON CONFLICT DO NOTHING';
    await this.test.database.pool.query(text, [workflowId, workflowName]);
  }

  private async write(entry: BatchEntry): Promise<void> {
    this.no += 1;
    const { id: instanceId } = this.test.identity;
    const batch = { writer: `${instanceId}/stored`, no: this.no, instanceId, entries: [entry] };
    const result = await this.journal.write(batch);
    if (result.kind !== 'committed') throw new Error(`Not stored: ${JSON.stringify(result)}`);
  }
}

function identityOf(given: StoredExecution, id: string): ExecutionIdentity {
  return {
    id,
    workflowId: 'wf',
    workflowName: 'Orders',
    workflowVersion: '1.0.0',
    workflowRevision: 1,
    totalNodes: 4,
    trigger: { type: 'api' },
    context: {},
    labels: {},
    priority: 0,
    createdAt: 1000,
    ...picked(given, [
      'id',
      'workflowId',
      'workflowName',
      'totalNodes',
      'trigger',
      'labels',
      'priority',
      'runAt',
      'createdAt',
    ]),
  };
}

function summaryOf(given: StoredExecution, seq: number): ExecutionSummary {
  const status = given.status ?? 'completed';
  const ended = status === 'completed' || status === 'failed' || status === 'cancelled';
  const createdAt = given.createdAt ?? 1000;
  return {
    status,
    activity: null,
    attention: null,
    seq,
    completedNodes: 0,
    failedNodes: 0,
    skippedNodes: 0,
    runningNodes: 0,
    summary: null,
    error: null,
    updatedAt: createdAt,
    startedAt: status === 'pending' ? null : createdAt,
    endedAt: ended ? createdAt : null,
    ...picked(given, [
      'activity',
      'attention',
      'completedNodes',
      'failedNodes',
      'skippedNodes',
      'summary',
      'error',
      'startedAt',
      'endedAt',
      'updatedAt',
    ]),
  };
}

function picked<T extends object, K extends keyof T>(from: T, keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]])) as Pick<T, K>;
}

function createdEvent(identity: ExecutionIdentity): JournalEvent {
  const { workflowId, workflowName, workflowRevision: revision, trigger, context, labels, priority, runAt } = identity;
  const what = { workflowId, workflowName, revision, trigger, context, labels, priority, runAt };
  return { type: 'execution:created', timestamp: identity.createdAt, ...what };
}

function chunksOf(firstSeq: number, events: readonly JournalEvent[], size: number = events.length) {
  const chunks = [];
  for (let from = 0; from < events.length; from += size) {
    const part = events.slice(from, from + size);
    const first = firstSeq + from;
    chunks.push({ firstSeq: first, lastSeq: first + part.length - 1, text: JSON.stringify(part) });
  }
  return chunks;
}
