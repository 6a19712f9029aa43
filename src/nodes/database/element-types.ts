import type { PoolClient } from 'pg';
import type { DatabaseConnection } from './database-connections.js';
import { isScalarType } from './column-values.js';

/**
 * Arrays with their elements' types, a domain's own one looked through. int2vector and oidvector are arrays that are
 * written in another way; a delimiter other than the comma has box alone.
 */
const FIND_ARRAYS = `
  SELECT a.oid AS array, CASE e.typtype WHEN 'd' THEN e.typbasetype ELSE e.oid END AS element
  FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type e ON e.oid = a.typelem
  WHERE a.oid = ANY($1::pg_catalog.oid[]) AND a.typcategory = 'A' AND a.typdelim = ','
    AND a.typname NOT IN ('int2vector', 'oidvector')`;

/**
 * The types of the elements of those of these types that are arrays. The database is asked once for each type that is
 * new to the connection.
 */
export async function findElementTypes(
  { elementTypes }: DatabaseConnection,
  client: PoolClient,
  oids: readonly number[],
): Promise<Map<number, number>> {
  const unknown = oids.filter((oid) => !isScalarType(oid) && !elementTypes.has(oid));
  if (unknown.length > 0) {
    const { rows } = await client.query<{ array: number; element: number }>(FIND_ARRAYS, [unknown]);
    for (const oid of unknown) elementTypes.set(oid, null);
    for (const { array, element } of rows) elementTypes.set(array, element);
  }
  return new Map(
    oids.flatMap((oid): [number, number][] => {
      const element = elementTypes.get(oid);
      return element == null ? [] : [[oid, element]];
    }),
  );
}
