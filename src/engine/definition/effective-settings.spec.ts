import { effectiveSettings } from './effective-settings.js';

describe('settings', () => {
  it('have the defaults of the format', () => {
    expect(effectiveSettings()).toEqual({
      maxConcurrency: 5,
      timeout: 300_000,
      errorHandling: 'stop',
      enableCheckpoint: true,
      checkpointInterval: 1,
      enableCache: false,
      cacheTTL: 3_600_000,
      verboseLogging: false,
    });
  });

  it('keep what a document says, falsy or not', () => {
    const said = {
      maxConcurrency: 1,
      timeout: 1,
      errorHandling: 'continue' as const,
      enableCheckpoint: false,
      checkpointInterval: 2,
      enableCache: true,
      cacheTTL: 0,
      verboseLogging: true,
    };
    expect(effectiveSettings(said)).toEqual(said);
  });
});
