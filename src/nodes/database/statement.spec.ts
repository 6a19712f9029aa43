import type { JsonObject } from '../../engine/json.js';
import { statementsOf } from './statement.js';

const refusal = (config: JsonObject): string => {
  try {
    statementsOf(config);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', effect: 'none' });
    return (error as Error).message;
  }
  return 'nothing';
};

describe('the statements of a config', () => {
  it('are those of statements, or the one of sql and params', () => {
    expect(statementsOf({ sql: 'select $1', params: [1] })).toEqual([{ sql: 'select $1', params: [1] }]);
    expect(statementsOf({ statements: [{ sql: 'a' }, { sql: 'b', params: [null] }] })).toEqual([
      { sql: 'a', params: [] },
      { sql: 'b', params: [null] },
    ]);
    expect(statementsOf({})).toEqual([]);
  });

  it.each([
    'COMMIT',
    'commit and chain',
    ' ;\n\tEnd',
    '-- a line\nROLLBACK',
    '/* a /* nested */ comment */ begin',
    'START TRANSACTION READ ONLY',
    'ROLLBACK AND CHAIN',
    'rollback work',
    'abort',
    "PREPARE TRANSACTION 'x'",
    'prepare/**/transaction $$x$$',
  ])('never end the transaction: %s', (sql) => {
    expect(refusal({ sql })).toContain('sql begins or ends a transaction');
    expect(refusal({ statements: [{ sql: 'select 1' }, { sql }] })).toContain('statements.1.sql begins or ends');
  });

  it.each([
    'ROLLBACK TO SAVEPOINT a',
    'rollback work to a',
    'SAVEPOINT a',
    'SELECT 1 -- COMMIT',
    "SELECT 'COMMIT'",
    'SELECT commit FROM "end"',
    'ENDLESS',
    '--',
    '/* open',
    "COPY t TO '/tmp/x'",
  ])('may be anything else: %s', (sql) => {
    expect(refusal({ sql })).toBe('nothing');
  });

  it.each(['copy t from stdin', 'COPY (SELECT 1)\nTO STDOUT'])('copy nothing from or to the node: %s', (sql) => {
    expect(refusal({ sql })).toContain('copies from or to a client');
  });

  it('hold no text that PostgreSQL cannot', () => {
    expect(refusal({ sql: 'select 1\0; drop' })).toMatch(/^sql has U\+0000/);
    expect(refusal({ sql: 'x', params: ['a', 'b\0'] })).toMatch(/^params\.1 has U\+0000/);
    expect(refusal({ sql: 'x', params: [['a', ['\ud800']]] })).toMatch(/^params\.0 has .* half a surrogate pair/);
    expect(refusal({ sql: 'x', params: ['😀', { a: '\0' }, ['😀']] })).toBe('nothing');
    expect(refusal({ sql: 1 })).toBe('sql is no text');
    expect(refusal({ sql: 'x', params: 'y' })).toBe('params is no list');
    expect(refusal({ statements: [1] })).toBe('statements.0.sql is no text');
  });
});
