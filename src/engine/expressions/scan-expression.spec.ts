import { defaultingDepth, findExpressionEnd } from './scan-expression.js';

/** Where the first expression of the text ends, as the text in it. */
const inside = (text: string) => {
  const end = findExpressionEnd(text, 2);
  return end < 0 ? undefined : text.slice(2, end);
};

describe('findExpressionEnd', () => {
  it.each([
    ['{{ a }} b }}', ' a '],
    ['{{ {"a": {"b": 1}} }}', ' {"a": {"b": 1}} '],
    ['{{{"a": {"b": 1}}}}', '{"a": {"b": 1}}'],
    ['{{ "}}" }}', ' "}}" '],
    ["{{ '}}' & \"'}}\" }}", " '}}' & \"'}}\" "],
    ['{{ "\\"}}" }}', ' "\\"}}" '],
    ['{{ `}}` }}', ' `}}` '],
    ['{{ /* }} */ a }}', ' /* }} */ a '],
    ['{{ $match(a, /\\}\\}/) }} /', ' $match(a, /\\}\\}/) '],
    ['{{ $match(a, /a{2}/i) }}', ' $match(a, /a{2}/i) '],
    ['{{ a / b }} / {{ c }}', ' a / b '],
    ['{{ $f(a) / 2 }}/', ' $f(a) / 2 '],
    ["{{ it's }} and it's }}", " it's "],
    ['{{ $map(a, function($v) { $v }) }}', ' $map(a, function($v) { $v }) '],
    ['{{}}', ''],
    ['{{ (a }} b', ' (a '],
  ])('ends %s where its braces end', (text, expected) => {
    expect(inside(text)).toBe(expected);
  });

  it.each(['{{ a', '{{ a }', '{{ "a }}', '{{ `a }}', '{{ /* }}', '{{ {"a": 1 }}'])('finds no end in %s', (text) => {
    expect(findExpressionEnd(text, 2)).toBe(-1);
  });
});

describe('defaultingDepth', () => {
  it.each([
    ['a', 0],
    ['a ?? b ?? c', 1],
    ['(a ?: b) ?: c', 2],
    ['{"a": x ?? 1, "b": y ?? 2}', 1],
    ['f((a ?? b) ?? c) ?: d', 3],
    ['"(a ?? b) ?? c" ?? d', 1],
    ['((((a ?? b', 1],
    [')))) a ?? b', 1],
  ])('of %s is %d', (source, depth) => {
    expect(defaultingDepth(source)).toBe(depth);
  });
});
