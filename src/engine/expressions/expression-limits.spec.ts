import { NodeError } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import { testEnvironment } from '../testing/test-environment.js';
import { compileExpression } from './compile-expression.js';
import { ExpressionSyntaxError } from './expression-syntax-error.js';

/** Without its guard each of these takes minutes or ends the process; a busy machine may take a few seconds. */
const LONGEST_MS = 15_000;

async function outcome(source: string, root: JsonValue): Promise<string> {
  try {
    return JSON.stringify(await compileExpression(source).evaluate(root, testEnvironment())) ?? 'nothing';
  } catch (error) {
    if (error instanceof NodeError || error instanceof ExpressionSyntaxError) return error.message;
    throw error;
  }
}

const wideObject: JsonObject = Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`k${index}`, [index]]));
const longText = 'a'.repeat(200_000);
const doubled = (times: number, body: string) =>
  `($grow := function($x, $n) { $n = 0 ? $x : $grow(${body}, $n - 1) }; $grow(`.concat('START', `, ${times}))`);
const start = (source: string, value: string) => source.replace('START', value);

describe('an expression bomb ends with an error, and soon', () => {
  it.each([
    ['a huge range', '[1..1e7]'],
    ['endless recursion', '($f := function($n) { $f($n) + 1 }; $f(1))'],
    ['an endless tail call', '($f := function($n) { $f($n + 1) }; $f(1))'],
    ['a list that doubles by sharing', start(doubled(60, '[[$x], [$x]]'), '[1]')],
    ['an object that doubles by sharing', start(doubled(60, '{"a": $x, "b": $x}'), '1')],
    ['an object that doubles in a path', `${Array(40).fill('{"a": $, "b": $}').join('.')}`],
    ['empty lists that double', `${start(doubled(60, '[[$x], [$x]]'), '[]')}.**`],
    ['a text that doubles', start(doubled(60, '$x & $x'), '"text"')],
    ['a text that doubles by replacing', start(doubled(60, '$replace($x, "a", "aa")'), '"a"')],
    ['a text that doubles by joining', start(doubled(60, '$join([$x, $x])'), '"a"')],
    ['a sort with a function of the language', '$sort([1..90000], function($a, $b) { $a < $b })'],
    ['a sort with a built-in function', '$sort([1..90000], $append)'],
    ['an order-by of many', '[1..90000]^(>$)'],
    ['nested loops', '$map([1..90000], function($i) { $map([1..90000], function($j) { $i * $j }) })'],
    ['a wide padding', '$pad("a", 1e9)'],
    ['a wide padding to the left with many characters', '$pad("a", -1e9, "xyz")'],
    ['an evil pattern', '$match(long & "!", /(a+)+$/)'],
    ['a big pattern', '$match(long & "!", /(a{0,30}){0,30}!b/)'],
    ['a pattern with very many matches', '$replace(long & long & long & long & long, /a/, "b")'],
    ['splitting into letters', '$split(long & long, "")'],
    ['a joined text of a long separator', '$join($map([1..90000], $string), long)'],
    ['a picture as wide as memory', '$fromMillis(0, "[Y,999999999]")'],
    ['a picture as wide as memory, with spaces', '$fromMillis(0, "[Y , 9 9 9 9 9 9 9 9]")'],
    ['a long picture of a number', '$formatNumber(1, $pad("0", 80001, ",0"))'],
    [
      'a time that can be cut in many ways',
      '$toMillis($substring("' + '1'.repeat(60) + '", 0) & "x", "' + '[f]'.repeat(40) + '")',
    ],
    ['a big text in a big text', '$contains($pad("", 8000000, "a"), "b" & $pad("", 1000000, "a"))'],
    ['a zip of many', `$zip(${Array(500).fill('[1..90000]').join(', ')})`],
    ['a copy of a huge value', '$string($map([1..90000], function() { $$.wide }))'],
    ['a result that is huge by sharing', '$map([1..90000], function() { $$.long })'],
    ['roman numbers', '$formatInteger(1e15, "I")'],
  ])('%s', async (_name, source) => {
    const began = performance.now();
    const result = await outcome(source, { wide: wideObject, long: longText });
    expect(performance.now() - began).toBeLessThan(LONGEST_MS);
    // A pattern is matched in linear time, so an evil one simply finds nothing.
    expect(result).toMatch(/^(Expression |nothing$)/);
  });

  it.each([
    ['numbers', '$count($sort([1..90000]))', '90000'],
    ['different values', '$count($distinct([1..90000]))', '90000'],
    ['objects', '$count($distinct([1..500].{"a": $}))', '500'],
    ['fields that are lists', '$count(wide.*)', '90000'],
    ['one field each', '$count($spread(wide))', '90000'],
    ['long texts', '$length(long) + $length($substring(long, 5))', '399995'],
  ])('many %s are no bomb', async (_name, source, expected) => {
    const began = performance.now();
    expect(await outcome(source, { wide: wideObject, long: longText })).toBe(expected);
    expect(performance.now() - began).toBeLessThan(LONGEST_MS);
  });

  it.each([
    ['brackets', '('.repeat(16_000) + '1' + ')'.repeat(16_000)],
    ['operators', '1' + '+1'.repeat(16_000)],
    ['defaults', '('.repeat(40) + 'a' + ' ?: b)'.repeat(40)],
    ['length', 'a'.repeat(40_000)],
    ['list items', `[${Array(5000).fill('1').join(',')}]`],
    ['optional parameters', `(function($a)<${'x?'.repeat(30)}n>{ 1 })(1)`],
    ['repeated parameters', '(function($a)<x+x+x+n>{ 1 })(1)'],
    ['quotes', '"'.repeat(30_001)],
    ['comments', '/*'.repeat(15_000)],
  ])('too many %s are refused or run when they are compiled', async (_name, source) => {
    const began = performance.now();
    expect(typeof (await outcome(source, {}))).toBe('string');
    expect(performance.now() - began).toBeLessThan(LONGEST_MS);
  });

  it('does not keep the next one from running', async () => {
    expect(await outcome('$sum([1..100])', {})).toBe('5050');
  });
});
