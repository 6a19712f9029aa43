import { plainOutput } from './plain-output.js';

const LIMIT = 10 * 1024 * 1024;
const FRAME = '{"text":""}'.length;
const text = (characters: string) => () => plainOutput({ outputs: { text: characters } });
const tooLarge = expect.objectContaining({ code: 'OUTPUT_TOO_LARGE' }) as Error;

describe('the output of a node', () => {
  it('is plain JSON, and an object whatever the node gave', () => {
    expect(plainOutput({ outputs: { at: new Date(0) } as never, port: 'p', variables: { x: 1 } })).toEqual({
      outputs: { at: '1970-01-01T00:00:00.000Z' },
      port: 'p',
      variables: { x: 1 },
    });
    expect(plainOutput({ outputs: [1] }).outputs).toEqual({ value: [1] });
    expect(plainOutput({ outputs: undefined as never }).outputs).toEqual({ value: null });
    expect(plainOutput({ outputs: {}, port: 5 as never, variables: 'x' as never })).toEqual({ outputs: {} });
  });

  it('has 10 MiB at most, by bytes', () => {
    expect(text('x'.repeat(LIMIT - FRAME))).not.toThrow();
    expect(text('x'.repeat(LIMIT - FRAME + 1))).toThrow(tooLarge);
    const wide = Math.floor((LIMIT - FRAME) / 3);
    expect(text('語'.repeat(wide))).not.toThrow();
    expect(text('語'.repeat(wide + 1))).toThrow(tooLarge);
  });

  it('is measured where its JSON is much longer than it looks', () => {
    expect(text('\u0001'.repeat(LIMIT / 5))).toThrow(tooLarge);
    expect(() => plainOutput({ outputs: Array<number>(LIMIT / 20).fill(-1.2345678901234567) })).toThrow(tooLarge);
    expect(() => plainOutput({ outputs: Array<number>(LIMIT / 20).fill(1) })).not.toThrow();
  });

  it('holds nothing that JSON has no word for', () => {
    const unstorable = expect.objectContaining({ code: 'UNSTORABLE' }) as Error;
    for (const value of [Infinity, Number.NaN, 10n]) {
      expect(() => plainOutput({ outputs: { deep: [value] } as never })).toThrow(unstorable);
    }
  });
});
