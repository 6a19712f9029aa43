/** The layers of src/, from the inside out. Each rule says why it is there. */
const may = (from, targets, comment) => ({
  name: `${from}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: '^src/', pathNot: [from, ...targets].map((target) => `^src/${target}`) },
});

/** What every module may import: typed configuration, the shape of requests and answers, what describes them, and who calls. */
const everywhere = [
  'config/',
  'http/envelope',
  'http/pagination',
  'http/dto',
  'http/actor',
  'http/cursor-header',
  'http/openapi/',
];

module.exports = {
  forbidden: [
    may(
      'engine',
      [],
      'The engine is pure: it knows nothing of the modules around it, so it is tested in milliseconds.',
    ),
    may('config', [], 'Configuration is read before anything else exists.'),
    may('database', ['config/'], 'Starting PostgreSQL and migrating it needs settings only.'),
    may('repositories', ['engine/', 'database/', ...everywhere], 'Storage knows the engine, never who asks for it.'),
    may('nodes', ['engine/', ...everywhere], 'A node type knows neither the framework modules nor the database.'),
    may(
      'monitoring',
      ['engine/', 'repositories/', 'http/access', 'http/error-answer', ...everywhere],
      'Monitoring relays what was committed, to those who may call.',
    ),
    may('workflows', ['engine/', 'repositories/', 'nodes/', ...everywhere], 'Documents know nothing of executions.'),
    may(
      'executions',
      ['engine/', 'repositories/', 'nodes/', 'monitoring/', ...everywhere],
      'Executions drive; recovery stands above.',
    ),
    may(
      'recovery',
      ['engine/', 'repositories/', 'nodes/', 'executions/', 'monitoring/', ...everywhere],
      'Recovery plans and posts commands.',
    ),
    may('http', ['engine/errors', 'config/'], 'HTTP turns coded errors into answers and knows no feature.'),
    {
      name: 'prisma-in-repositories-alone',
      comment: 'One layer talks to the database; database/ starts it and migrates it before Prisma exists.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(repositories|database)/|\\.spec\\.ts$' },
      to: { path: '^node_modules/(@prisma|prisma)/|^src/repositories/generated/' },
    },
    {
      name: 'pg-where-databases-are-reached',
      comment: 'One layer talks to our database by pg; the database node talks to databases of others.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(repositories|database|nodes/database)/|\\.spec\\.ts$' },
      to: { path: '^node_modules/pg/' },
    },
    {
      name: 'engine-is-pure',
      comment: 'No framework, no storage and no Node built-in that does I/O.',
      severity: 'error',
      from: { path: '^src/engine/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^node_modules/(@nestjs|@prisma|pg|fastify|pino|socket\\.io)|^(fs|net|http|https|child_process|worker_threads|os)(/|$)',
      },
    },
    {
      name: 'nobody-imports-an-entry-point',
      comment: 'Controllers, gateways and main are where calls come in; nothing inside calls them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(module|spec)\\.ts$|^src/main\\.ts$' },
      to: { path: '\\.(controller|gateway)\\.ts$|^src/main\\.ts$' },
    },
    {
      name: 'no-circular',
      comment: 'The module order is a line.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Dead files are deleted.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.(spec|d)\\.ts$' },
      to: {},
    },
    {
      name: 'no-barrels-nor-utils',
      comment: 'Name the thing; import it from its own file.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^src/.*(^|/)(index\\.ts|utils?|helpers?|common)(/|\\.ts|$)',
        pathNot: '^src/repositories/generated',
      },
    },
    {
      name: 'no-dev-dependencies-in-src',
      comment: 'What the server runs on is a dependency.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$|^src/engine/testing/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'testing-in-specs-alone',
      comment: 'What tests share is no part of the server.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$|^src/engine/testing/' },
      to: { path: '^src/engine/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/repositories/generated' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
