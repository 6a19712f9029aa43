import fc from 'fast-check';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { parseArrayText } from './array-text.js';
import { isoTimestamp } from './iso-time.js';

const asText = (text: string) => text;

describe('a timestamp', () => {
  it.each([
    ['2026-03-01 09:00:00+01', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01 09:00:00.5-03:30', '2026-03-01T12:30:00.500Z'],
    ['2026-03-01 00:00:00.123456+00', '2026-03-01T00:00:00.123456Z'],
    ['1900-01-01 00:00:00+00:17:30', '1899-12-31T23:42:30.000Z'],
    ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
    ['12026-01-01 00:00:00+00', '+012026-01-01T00:00:00.000Z'],
    ['2026-03-01 09:00:00', '2026-03-01T09:00:00.000'],
    ['2026-03-01 09:00:00.12', '2026-03-01T09:00:00.120'],
    ['infinity', 'infinity'],
    ['0044-03-15 00:00:00 BC', '0044-03-15 00:00:00 BC'],
    ['294276-01-01 00:00:00+00', '294276-01-01 00:00:00+00'],
  ])('%s is %s', (written, iso) => {
    expect(isoTimestamp(written)).toBe(iso);
  });
});

describe("an array's text", () => {
  let own: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    own = await createTestDatabase('template1');
    client = new Client(own.connection);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await own.drop();
  });

  it.each([
    ['{}', []],
    ['{1,NULL,3}', ['1', null, '3']],
    [
      '{{a,b},{c,"d e"}}',
      [
        ['a', 'b'],
        ['c', 'd e'],
      ],
    ],
    ['[0:1]={x,y}', ['x', 'y']],
    ['{"NULL","","{}",",","\\"\\\\"}', ['NULL', '', '{}', ',', '"\\']],
  ])('%s is read', (text, value) => {
    expect(parseArrayText(text, asText)).toEqual(value);
  });

  it('gives back whatever the database was given', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text)), async (values) => {
        const { rows } = await client.query<{ text: string }>('SELECT $1::text[]::text AS text', [values]);
        expect(parseArrayText(rows[0]?.text ?? '', asText)).toEqual(values);
      }),
      { numRuns: 200 },
    );
  });

  it('of a million quoted elements is read in a moment', () => {
    const text = `{${'"a b",'.repeat(1_000_000)}x}`;
    expect(parseArrayText(text, asText)).toHaveLength(1_000_001);
  });
});
