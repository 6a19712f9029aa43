import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { ErrorCode } from '../engine/errors.js';
import type { JsonValue } from '../engine/json.js';
import type { Command } from '../engine/state/decide-command.js';
import { Database } from './database.js';
import { InstanceIdentity } from './instance-identity.js';

/** A command for one execution, wherever that is driven. */
export interface ExecutionCommand {
  /** Stands in the event that it causes. */
  id: string;
  executionId: string;
  command: Command;
  /** The seq that whoever sent it had seen. */
  expectedSeq?: number;
}

/** The seq of the state that it led to, or why it was refused. */
export type CommandAnswer = { seq: number } | { error: { code: ErrorCode; message: string; details?: JsonValue } };

/** A command that is stored; `answer` is null until it was carried out. */
export interface StoredCommand extends ExecutionCommand {
  answer: CommandAnswer | null;
}

/** How a command stands: its answer, and until then whether a living instance other than this one drives its execution. */
export interface CommandStanding {
  answer: CommandAnswer | null;
  isElsewhere: boolean;
}

interface Row {
  id: string;
  executionId: string;
  kind: string;
  body: string;
  expectedSeq: number | null;
  actor: string | null;
  answer: string | null;
}

const COLUMNS = `c.id, c.execution_id AS "executionId", c.kind, c.body, c.expected_seq AS "expectedSeq", c.actor, c.answer`;

/** $1 is this instance, $2 the ids of the commands that it has in hand. Whoever died with a command in hand has left it. */
const FREE = `c.answered_at IS NULL AND c.id <> ALL($2::text[]) AND (c.taken_by IS NULL OR c.taken_by = $1
  OR NOT EXISTS (SELECT 1 FROM instances i WHERE i.id = c.taken_by AND i.state = 'alive'))`;

/** Commands on their way to the instance that drives their execution, and those that came with a key. */
@Injectable()
export class CommandRepository {
  private readonly pool: Pool;

  constructor(
    database: Database,
    private readonly identity: InstanceIdentity,
  ) {
    this.pool = database.pool;
  }

  /**
   * Stores a command that whoever sent it waits `wantedMs` for; it is not carried out after that.
   * @returns `missing` when there is no such execution, `taken` when another command of it has the key
   */
  async post(
    given: ExecutionCommand,
    key: string | undefined,
    wantedMs: number,
  ): Promise<'posted' | 'missing' | 'taken'> {
    const { id, executionId, expectedSeq } = given;
    const { kind, actor, commandId: _, ...body } = given.command;
    const { rows } = await this.pool.query<{ known: boolean; posted: boolean }>({
      name: 'post_command',
      text: `WITH execution AS (SELECT id FROM executions WHERE id = $2), posted AS (
               INSERT INTO execution_commands (id, execution_id, kind, body, expected_seq, actor, key, wanted_until)
               SELECT $1, id, $3, $4, $5, $6, $7, clock_timestamp() + $8::float8 * interval '1 ms' FROM execution
               ON CONFLICT (execution_id, key) WHERE key IS NOT NULL DO NOTHING RETURNING 1)
             SELECT EXISTS (SELECT 1 FROM execution) AS known, EXISTS (SELECT 1 FROM posted) AS posted`,
      values: [id, executionId, kind, JSON.stringify(body), expectedSeq ?? null, actor ?? null, key ?? null, wantedMs],
    });
    if (rows[0]?.posted) return 'posted';
    return rows[0]?.known ? 'taken' : 'missing';
  }

  /** The command that has the key; one that has no answer yet is wanted for `wantedMs` from now. */
  async withKey(executionId: string, key: string, wantedMs: number): Promise<StoredCommand | undefined> {
    const { rows } = await this.pool.query<Row>({
      name: 'command_with_key',
      text: `WITH wanted AS (
               UPDATE execution_commands SET wanted_until = clock_timestamp() + $3::float8 * interval '1 ms'
               WHERE execution_id = $1 AND key = $2 AND answered_at IS NULL)
             SELECT ${COLUMNS} FROM execution_commands c WHERE execution_id = $1 AND key = $2`,
      values: [executionId, key, wantedMs],
    });
    return rows[0] && storedCommand(rows[0]);
  }

  /**
   * Takes what waits for this instance, the oldest first; `inHand` are the ids of those that it has taken already. What it
   * has taken and could not answer is its own, too, whoever drives the execution by now.
   */
  takeOwn(inHand: readonly string[], limit: number): Promise<StoredCommand[]> {
    return this.take(
      'take_own_commands',
      `SELECT c.id FROM execution_commands c JOIN executions e ON e.id = c.execution_id
       WHERE c.wanted_until > now() AND (e.owner = $1 OR c.taken_by = $1) AND ${FREE}
       ORDER BY c.created_at, c.id LIMIT $3 FOR UPDATE OF c SKIP LOCKED`,
      [inHand, limit],
    );
  }

  /** Takes one command, whoever drives its execution; none when somebody else has it in hand, or it has its answer. */
  async takeOne(id: string): Promise<StoredCommand | undefined> {
    const text = `SELECT c.id FROM execution_commands c WHERE c.id = $3 AND ${FREE} FOR UPDATE OF c`;
    return (await this.take('take_command', text, [[], id]))[0];
  }

  /** Leaves a command that was taken to whoever can carry it out. */
  async giveBack(id: string): Promise<void> {
    const text =
      'UPDATE execution_commands SET taken_by = NULL WHERE id = $1 AND taken_by = $2 AND answered_at IS NULL';
    await this.pool.query(text, [id, this.identity.id]);
  }

  /** The first answer stands. */
  async answer(id: string, answer: CommandAnswer): Promise<void> {
    await this.pool.query({
      name: 'answer_command',
      text: `UPDATE execution_commands SET answer = $2, answered_at = clock_timestamp()
             WHERE id = $1 AND answered_at IS NULL`,
      values: [id, JSON.stringify(answer)],
    });
  }

  /** How commands stand, by their ids; one that is not there was withdrawn, or its execution is gone. */
  async standings(ids: readonly string[]): Promise<Map<string, CommandStanding>> {
    const { rows } = await this.pool.query<{ id: string; answer: string | null; isElsewhere: boolean }>({
      name: 'command_standings',
      text: `SELECT c.id, c.answer, EXISTS (SELECT 1 FROM instances i
               WHERE i.id = e.owner AND i.id <> $2 AND i.state = 'alive') AS "isElsewhere"
             FROM execution_commands c JOIN executions e ON e.id = c.execution_id WHERE c.id = ANY($1)`,
      values: [ids, this.identity.id],
    });
    return new Map(rows.map(({ id, answer, isElsewhere }) => [id, { answer: answerOf(answer), isElsewhere }]));
  }

  /**
   * Takes a command back that nobody else waits for.
   * @returns false when somebody has taken it in hand, or it has its answer
   */
  async withdraw(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `DELETE FROM execution_commands WHERE id = $1 AND answered_at IS NULL AND taken_by IS NULL
       AND wanted_until < clock_timestamp() + interval '1 s'`,
      [id],
    );
    return rowCount === 1;
  }

  /** Deletes a command whose execution is gone, with what belonged to it; false when that is there. */
  async removeOrphan(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `DELETE FROM execution_commands c WHERE id = $1
       AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.id = c.execution_id)`,
      [id],
    );
    return rowCount === 1;
  }

  /** Deletes those without a key that are older than `ageMs`; gives how many. */
  async forget(ageMs: number): Promise<number> {
    const { rowCount } = await this.pool.query(
      `DELETE FROM execution_commands WHERE key IS NULL AND created_at < now() - $1::float8 * interval '1 ms'`,
      [ageMs],
    );
    return rowCount ?? 0;
  }

  private async take(name: string, select: string, values: unknown[]): Promise<StoredCommand[]> {
    const { rows } = await this.pool.query<Row>({
      name,
      text: `WITH free AS MATERIALIZED (${select}), taken AS (
               UPDATE execution_commands c SET taken_by = $1 FROM free WHERE c.id = free.id
               RETURNING ${COLUMNS}, c.created_at)
             SELECT * FROM taken ORDER BY created_at, id`,
      values: [this.identity.id, ...values],
    });
    return rows.map(storedCommand);
  }
}

function storedCommand({ id, executionId, kind, body, expectedSeq, actor, answer }: Row): StoredCommand {
  // It was a command when it was stored.
  const command = { kind, ...(JSON.parse(body) as object), ...(actor !== null && { actor }) } as Command;
  return { id, executionId, command, ...(expectedSeq !== null && { expectedSeq }), answer: answerOf(answer) };
}

function answerOf(text: string | null): CommandAnswer | null {
  return text === null ? null : (JSON.parse(text) as CommandAnswer);
}
