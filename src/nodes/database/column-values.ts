import { types } from 'pg';
import type { JsonValue } from '../../engine/json.js';
import { parseArrayText } from './array-text.js';
import { isoTimestamp } from './iso-time.js';

/** Makes a value of what the database wrote. */
type Reader = (text: string) => JsonValue;

const { builtins } = types;

const asText: Reader = (text) => text;

/** NaN and the infinities, which JSON cannot say, stay texts. */
const asNumber: Reader = (text) => {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
};

const asBase64: Reader = (text) =>
  (types.getTypeParser(builtins.BYTEA) as (hex: string) => Buffer)(text).toString('base64');
const asJson: Reader = (text) => JSON.parse(text) as JsonValue;

/** By OID; int8 and numeric stay texts, whose digits a number may not hold. */
const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [builtins.BOOL, (text) => text === 't'],
  [builtins.INT2, Number],
  [builtins.INT4, Number],
  [builtins.OID, Number],
  [builtins.FLOAT4, asNumber],
  [builtins.FLOAT8, asNumber],
  [builtins.TIMESTAMP, isoTimestamp],
  [builtins.TIMESTAMPTZ, isoTimestamp],
  [builtins.BYTEA, asBase64],
  [builtins.JSON, asJson],
  [builtins.JSONB, asJson],
  ...[builtins.INT8, builtins.NUMERIC, builtins.TEXT, builtins.VARCHAR, builtins.BPCHAR, builtins.UUID].map(
    (oid): [number, Reader] => [oid, asText],
  ),
  ...[builtins.DATE, builtins.TIME, builtins.TIMETZ, builtins.INTERVAL].map((oid): [number, Reader] => [oid, asText]),
]);

/** True for a type that surely is no array. */
export function isScalarType(oid: number): boolean {
  return READERS.has(oid);
}

/** How a column's values are read; those of a type that nobody knows are texts. */
export function readerOf(oid: number): Reader {
  return READERS.get(oid) ?? asText;
}

/** How the values of a column of arrays are read. */
export function arrayReaderOf(elementOid: number): Reader {
  const element = readerOf(elementOid);
  return (text) => parseArrayText(text, element);
}
