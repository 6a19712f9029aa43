import { isLoopback, loadConfig } from './env.js';

describe('loadConfig', () => {
  test('has a default for everything', () => {
    expect(loadConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      dataDir: expect.stringMatching(/\.data$/) as string,
      logLevel: 'info',
      apiToken: undefined,
      bodyLimit: 16 * 1024 * 1024,
      heartbeatMs: 2000,
      leaseMs: 10_000,
      maxActiveExecutions: 1000,
      journalLanes: 1,
    });
  });

  test('takes an empty variable for an unset one', () => {
    expect(loadConfig({ PORT: '', API_TOKEN: ' ', DATABASE_URL: '', CORS_ORIGINS: '' })).toEqual(loadConfig({}));
  });

  test('reads what is set', () => {
    const config = loadConfig({
      PORT: '0',
      HOST: '0.0.0.0',
      API_TOKEN: 't',
      DATABASE_URL: 'postgresql://a:b@db/retrace',
      ALLOWED_HOSTS: 'Tools, retrace.local ,',
      CORS_ORIGINS: 'https://a.example.com,http://b:8080',
    });

    expect(config).toMatchObject({
      port: 0,
      host: '0.0.0.0',
      apiToken: 't',
      databaseUrl: 'postgresql://a:b@db/retrace',
      allowedHosts: ['tools', 'retrace.local'],
      corsOrigins: ['https://a.example.com', 'http://b:8080'],
    });
  });

  test('finds the databases that nodes may use by the names of their variables', () => {
    const config = loadConfig({
      DATABASE_CONNECTIONS: 'SHOP_DB, CRM',
      SHOP_DB: 'postgresql://a@b/shop',
      CRM: 'postgres://c/d',
    });
    expect([...config.databaseConnections]).toEqual([
      ['SHOP_DB', 'postgresql://a@b/shop'],
      ['CRM', 'postgres://c/d'],
    ]);
    expect(() => loadConfig({ DATABASE_CONNECTIONS: 'GONE,WRONG', WRONG: 'mysql://secret' })).toThrow(
      /GONE \(named in DATABASE_CONNECTIONS\): expected postgresql:.*got nothing\n.*WRONG.*got something else/,
    );
  });

  test('keeps executions for RETENTION_DAYS unless their status has a setting of its own', () => {
    expect(loadConfig({}).retentionDays).toEqual({});
    expect(loadConfig({ RETENTION_DAYS: '30', RETENTION_DAYS_FAILED: '90' }).retentionDays).toEqual({
      completed: 30,
      failed: 90,
      cancelled: 30,
    });
    expect(() => loadConfig({ RETENTION_DAYS_FAILED: '-1' })).toThrow('RETENTION_DAYS_FAILED');
  });

  test('names every wrong variable at once, with what was expected and what came', () => {
    const env = {
      PORT: '70000',
      LOG_LEVEL: 'loud',
      JOURNAL_LANES: '1.5',
      ALLOW_ANONYMOUS: 'yes',
      CORS_ORIGINS: 'a.example.com',
    };

    expect(() => loadConfig(env)).toThrow(
      [
        'The configuration is not usable:',
        '  - PORT: expected an integer from 0 to 65535, got "70000"',
        '  - LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, got "loud"',
        '  - ALLOW_ANONYMOUS: expected true or false, got "yes"',
        '  - CORS_ORIGINS: expected origins like https://tools.example.com, separated by commas, got "a.example.com"',
        '  - JOURNAL_LANES: expected an integer from 1 to 16, got "1.5"',
      ].join('\n'),
    );
  });

  test('wants a lease that outlives two heartbeats', () => {
    expect(() => loadConfig({ HEARTBEAT_MS: '5000' })).toThrow(/LEASE_MS: expected at least 12000/);
    expect(loadConfig({ HEARTBEAT_MS: '100', LEASE_MS: '2200' }).leaseMs).toBe(2200);
  });

  test('refuses to listen to the world without a token, and says why', () => {
    expect(() => loadConfig({ HOST: '0.0.0.0' })).toThrow(/HOST: .*without API_TOKEN anybody who reaches the port/);
    expect(loadConfig({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }).host).toBe('0.0.0.0');
    expect(loadConfig({ HOST: '::1' }).host).toBe('::1');
  });

  test('shows nothing of a bad DATABASE_URL, which may hold a password', () => {
    expect(() => loadConfig({ DATABASE_URL: 'mysql://root:geheim@db' })).toThrow(/^((?!geheim).)*$/s);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['[::1]', true],
  ['LOCALHOST', true],
  ['0.0.0.0', false],
  ['127.0.0.1.evil.example.com', false],
  ['localhost.evil.example.com', false],
  ['', false],
])('isLoopback(%j) is %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
