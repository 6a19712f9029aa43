/** Jest runs TypeScript as native ES modules: start it with `node --experimental-vm-modules`. */
const swc = ['@swc/jest'];

/** CommonJS packages that `require()` an ESM-only one: Jest's own loader cannot do that before Node 24.9. */
const requiredFromCommonJs = ['content-disposition', 'cookie'];

export default {
  testEnvironment: '<rootDir>/test/support/test-environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  // Tried in this order for each import, most of which are TypeScript.
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': swc,
    [`/node_modules/(${requiredFromCommonJs.join('|')})/.+\\.js$`]: ['@swc/jest', { module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${requiredFromCommonJs.join('|')})/)`],
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  // Much of the time of a test goes into waiting: two of them share even a machine with two cores.
  maxWorkers: '100%',
  // Node does not give back the modules of the files that a worker has run: with a heap of gigabytes most of its time goes
  // into their collection, and Jest does not wait for its end.
  workerIdleMemoryLimit: '600MB',
  // The first test that asks for PostgreSQL also waits for it to be made, on machines that others use too.
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.js'],
  setupFiles: ['reflect-metadata'],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/'],
};
