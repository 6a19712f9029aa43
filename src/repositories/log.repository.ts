import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { JsonValue } from '../engine/json.js';
import { LOG_LEVELS, type LogLevel } from '../engine/ports.js';
import { Database } from './database.js';
import { Prisma } from './generated/client.js';
import { storableText } from './storable-text.js';

/** Which lines, and which part of them. */
export interface LogFilter {
  /** This one and graver. */
  level?: LogLevel;
  nodeId?: string;
  /** Part of the message, upper and lower case alike. */
  search?: string;
  limit: number;
  /** The id of the last line that was seen. */
  after?: number;
  /** The id of the first line that was seen: the newest ones before it. */
  before?: number;
  /** The newest ones instead of the oldest. */
  tail?: boolean;
}

export interface LogLine {
  /** Grows within an execution. */
  id: number;
  nodeId?: string;
  /** Epoch ms. */
  timestamp: number;
  level: LogLevel;
  message: string;
  data?: JsonValue;
}

/** A line as it is stored. */
export interface LogRow {
  id: number;
  node_id: string | null;
  timestamp: number;
  level: LogLevel;
  message: string;
  data: string | null;
}

/** The log lines of executions; they are written by the journal's batches. */
@Injectable()
export class LogRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** Always the oldest first. */
  async list(executionId: string, filter: LogFilter): Promise<LogLine[]> {
    const isFromEnd = filter.tail === true || filter.before !== undefined;
    const order = isFromEnd ? Prisma.sql`DESC` : Prisma.sql`ASC`;
    const query = Prisma.sql`SELECT id, node_id, timestamp, level, message, data FROM execution_logs
      WHERE ${condition(executionId, filter)} ORDER BY id ${order} LIMIT ${filter.limit}::int`;
    const { rows } = await this.pool.query<LogRow>(query.text, query.values);
    const lines = rows.map(logLine);
    return isFromEnd ? lines.reverse() : lines;
  }
}

function condition(executionId: string, { level, nodeId, search, after, before }: LogFilter): Prisma.Sql {
  const all = [Prisma.sql`execution_id = ${executionId}`];
  if (level !== undefined) all.push(Prisma.sql`level = ANY(${LOG_LEVELS.slice(LOG_LEVELS.indexOf(level))}::text[])`);
  if (nodeId !== undefined) all.push(Prisma.sql`node_id = ${storableText(nodeId)}`);
  if (search !== undefined) all.push(Prisma.sql`strpos(lower(message), lower(${storableText(search)}::text)) > 0`);
  if (after !== undefined) all.push(Prisma.sql`id > ${after}::bigint`);
  if (before !== undefined) all.push(Prisma.sql`id < ${before}::bigint`);
  return Prisma.join(all, ' AND ');
}

/** A stored line as it is shown. */
export function logLine({ id, node_id: nodeId, timestamp, level, message, data }: LogRow): LogLine {
  return {
    id,
    ...(nodeId !== null && { nodeId }),
    timestamp,
    level,
    message,
    ...(data !== null && { data: JSON.parse(data) as JsonValue }),
  };
}
