import { type FieldDef, type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject, JsonValue } from '../../engine/json.js';
import { jsonBytes } from '../../engine/json-size.js';
import { setOwn } from '../../engine/plain-json.js';
import { arrayReaderOf, isScalarType, readerOf } from './column-values.js';
import type { DatabaseConnection } from './database-connections.js';
import { findElementTypes } from './element-types.js';
import type { Statement } from './statement.js';

/** Size of what a statement may give, as JSON. */
const MAX_JSON_BYTES = 10 * 1024 * 1024;

/** Size of an answer on the wire that can still be below that; a single value may be a gigabyte. */
const MAX_WIRE_BYTES = 32 * 1024 * 1024;

/** What a statement gave; rowCount is 0 for one that counts no rows. */
export interface StatementResult {
  rows: JsonObject[];
  rowCount: number;
}

/** A row as its values; those whose type nobody knows yet are texts. */
type Row = JsonValue[];

/**
 * Runs one statement. It goes by the extended protocol also without parameters, so that the database refuses a text with
 * several statements in it.
 * @throws NodeError OUTPUT_TOO_LARGE for rows above 10 MiB, which are not read to their end: the connection is closed
 */
export async function runStatement(
  connection: DatabaseConnection,
  client: PoolClient,
  statement: Statement,
): Promise<StatementResult> {
  const { fields, rows, rowCount } = await readRows(client, statement);
  const oids = fields.map(({ dataTypeID }) => dataTypeID);
  const elements = await findElementTypes(connection, client, oids);
  const readArray = oids.map((oid) => {
    const element = elements.get(oid);
    return element === undefined ? undefined : arrayReaderOf(element);
  });
  const objects = rows.map((row) => {
    const object: JsonObject = {};
    for (const [index, { name }] of fields.entries()) {
      const value = row[index] ?? null;
      setOwn(object, name, typeof value === 'string' ? (readArray[index]?.(value) ?? value) : value);
    }
    return object;
  });
  return { rows: objects, rowCount };
}

interface ReadRows {
  fields: FieldDef[];
  rows: Row[];
  rowCount: number;
}

function readRows(client: PoolClient, { sql, params }: Statement): Promise<ReadRows> {
  const config = { text: sql, values: [...params], rowMode: 'array', queryMode: 'extended', types: AS_WRITTEN };
  const query = new Query<(string | null)[]>(config satisfies QueryConfig);
  const { stream } = client.connection;
  const rows: Row[] = [];
  let jsonSize = 0;
  let wireSize = 0;
  let failure: unknown;
  const giveUp = (error: unknown) => {
    failure ??= error;
    stream.destroy();
  };
  const count = (chunk: Buffer) => {
    wireSize += chunk.length;
    if (wireSize > MAX_WIRE_BYTES) giveUp(tooLarge());
  };
  return new Promise<ReadRows>((resolve, reject) => {
    query.on('row', (texts, result) => {
      if (failure !== undefined) return;
      // What is thrown here would end the process.
      try {
        const fields = result?.fields ?? [];
        const row = texts.map((text, index) => valueOf(text, fields[index]));
        jsonSize += sizeOf(row, fields);
        if (jsonSize > MAX_JSON_BYTES) throw tooLarge();
        rows.push(row);
      } catch (error) {
        giveUp(error);
      }
    });
    query.on('error', (error) => reject((failure ?? error) as Error));
    query.on('end', ({ fields, rowCount }: QueryResult) => {
      // The end may stand in the very piece of the answer that was too much.
      if (failure === undefined) resolve({ fields, rows, rowCount: rowCount ?? 0 });
      else reject(failure as Error);
    });
    stream.on('data', count);
    client.query(query);
  }).finally(() => stream.off('data', count));
}

function valueOf(text: string | null, field: FieldDef | undefined): JsonValue {
  return text === null || !field ? null : readerOf(field.dataTypeID)(text);
}

/** At least as much as the row's object takes; a text that may be an array takes less once it is read. */
function sizeOf(row: Row, fields: FieldDef[]): number {
  let size = 2;
  for (const [index, { name, dataTypeID }] of fields.entries()) {
    const value = row[index] ?? null;
    size += name.length + 3;
    size += typeof value === 'string' && !isScalarType(dataTypeID) ? value.length / 2 : jsonBytes(value);
  }
  return size;
}

function tooLarge(): NodeError {
  const message = `The rows are larger than ${MAX_JSON_BYTES / 1024 / 1024} MiB`;
  return new NodeError('OUTPUT_TOO_LARGE', message, { effect: 'none' });
}

/** Values as the database writes them. */
const AS_WRITTEN = { getTypeParser: () => (text: string) => text };
