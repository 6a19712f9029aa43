import { intentConfig } from './intent-config.js';

describe('the config that an intent shows', () => {
  it('is masked and whole up to 64 KiB, else its size alone', () => {
    expect(intentConfig({ url: 'http://x', password: 'p' })).toMatchObject({ url: 'http://x' });
    expect(JSON.stringify(intentConfig({ password: 'secret' }))).not.toContain('secret');
    const text = '語'.repeat(30_000);
    expect(intentConfig({ text })).toEqual({ truncated: true, bytes: 90_000 + '{"text":""}'.length });
  });
});
