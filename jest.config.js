/** Jest runs TypeScript as native ES modules: start it with `node --experimental-vm-modules`. */
const swc = ['@swc/jest'];

/** CommonJS packages that `require()` an ESM-only one: Jest's own loader cannot do that before Node 24.9. */
const requiredFromCommonJs = ['content-disposition', 'cookie'];

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': swc,
    [`/node_modules/(${requiredFromCommonJs.join('|')})/.+\\.js$`]: ['@swc/jest', { module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${requiredFromCommonJs.join('|')})/)`],
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  // The first test that asks for PostgreSQL also waits for it to be made, on machines that others use too.
  // Much of the time of a test goes into waiting: two of them share even a machine with two cores.
  maxWorkers: '100%',
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.js'],
  setupFiles: ['reflect-metadata'],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/'],
};
