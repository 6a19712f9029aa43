import fc from 'fast-check';
import jsonata from 'jsonata';
import type { JsonValue } from '../json.js';
import { testEnvironment } from '../testing/test-environment.js';
import { compileExpression } from './compile-expression.js';
import { copyResult } from './copy-result.js';

const environment = testEnvironment({ now: 1_700_000_000_123 });

/** What JSONata's own function gives, or that it fails. */
async function original(source: string, input: JsonValue): Promise<unknown> {
  try {
    return { value: copyResult(await jsonata(source).evaluate(input)) };
  } catch {
    return 'error';
  }
}

async function ours(source: string, input: JsonValue): Promise<unknown> {
  try {
    return { value: await compileExpression(source).evaluate(input, environment) };
  } catch {
    return 'error';
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '😀', '\ud800', 'é'), maxLength: 8 }),
);
const whole = fc.oneof(fc.integer({ min: -12, max: 12 }), fc.constantFrom(1.5, -2.5, 0.5));
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as JsonValue);
const small = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, 1, 2, 'a', 'b'),
  fc.array(fc.constantFrom<JsonValue>(1, 'a', null), { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom<JsonValue>(1, 2), { maxKeys: 2 }),
);

describe('functions that stand in for those of JSONata', () => {
  it.each([
    '$length(t)',
    '$substring(t, n)',
    '$substring(t, n, m)',
    '$substring(t, $nothing, m)',
    '$substringBefore(t, u)',
    '$substringAfter(t, u)',
    '$pad(t, n)',
    '$pad(t, n, u)',
    '$contains(t, u)',
    '$contains(t, /a+b?/)',
    '$split(t, u)',
    '$split(t, u, n)',
    '$split(t, /a+/)',
    '$split(t, /a/, m)',
    '$replace(t, u, "<>")',
    '$replace(t, "a", u, n)',
    '$replace(t, /(a)(b)?/, "[$1|$2|$0]")',
    '$replace(t, /a./, function($m) { $uppercase($m.match) })',
    '$match(t, /(a)|b/)',
    '$match(t, /[ab]+/, m)',
    '$join([t, u], "-")',
    '$join([t, u])',
    '$join(t)',
    't ~> $substring(1, 2)',
    '$map([t, u], $length)',
    '($first := $substring(?, 0, n); $first(t))',
    'o.$length(t)',
  ])('%s is the same for random texts', async (source) => {
    await fc.assert(
      fc.asyncProperty(text, text, whole, whole, async (t, u, n, m) => {
        const input = { t, u, n, m, o: { t } };
        expect(await ours(source, input)).toEqual(await original(source, input));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    '$distinct(list)',
    '$sort(list)',
    '$sort(list, function($a, $b) { $string($a) > $string($b) })',
    '$spread(list)',
    '$spread(one)',
    '$zip(list, other)',
    '*',
    'one.*',
    'list.*',
    'list.*[0]',
    '$count(list.*.*)',
    '*.x',
    '{"a": list}.*',
    '$distinct(list.x)',
    'list ~> $distinct',
  ])('%s is the same for random values', async (source) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(json, small), { maxLength: 6 }),
        fc.oneof(json, small),
        fc.array(small),
        async (list, one, other) => {
          const input = { list, one, other };
          expect(await ours(source, input)).toEqual(await original(source, input));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['$sort(list)', '$sort(list, function($a, $b) { $a < $b })'])(
    '%s sorts numbers and texts as JSONata does',
    async (source) => {
      const lists = fc.oneof(fc.array(fc.integer({ min: 0, max: 9 })), fc.array(text));
      await fc.assert(
        fc.asyncProperty(lists, async (list) => {
          expect(await ours(source, { list })).toEqual(await original(source, { list }));
        }),
      );
    },
  );

  it('sorts stably', async () => {
    const list = Array.from({ length: 50 }, (_, index) => ({ key: index % 3, index }));
    const sorted = await compileExpression('$sort(list, function($a, $b) { $a.key > $b.key })').evaluate(
      { list },
      environment,
    );
    expect(sorted).toEqual(list.toSorted((a, b) => a.key - b.key));
  });

  it.each([
    '$formatNumber(n, "#,##0.00")',
    '$formatInteger(n, "w")',
    '$parseInteger("twelve", "w")',
    '$fromMillis(n * 86400000)',
    '$fromMillis(n * 86400000, "[D]. [MNn] [Y0001] [H01]:[m01]:[s01].[f001] [z]", "+0130")',
    '$toMillis("2020-01-02T03:04:05.006Z")',
    '$toMillis("20200102030405", "[Y0001][M01][D01][H01][m01][s01]")',
    '$toMillis("Thursday, 2nd January 2020", "[FNn], [D1o] [MNn] [Y0001]")',
    '$toMillis("02.01.2020 at 3 pm", "[D].[M].[Y] at [h] [Pn]")',
  ])('%s is the same', async (source) => {
    for (const n of [-5, 0, 1, 1234.5, 20_000])
      expect(await ours(source, { n })).toEqual(await original(source, { n }));
  });
});
