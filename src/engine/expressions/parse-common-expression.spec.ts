import fc from 'fast-check';
import jsonata from 'jsonata';
import { parseCommonExpression } from './parse-common-expression.js';

/** What JSONata's parser makes of it, as plain data; undefined when it refuses. */
function parsedByJsonata(source: string): unknown {
  try {
    return plain(jsonata(source).ast());
  } catch {
    return undefined;
  }
}

/** Its nodes inherit from its symbols; what counts is their own. */
function plain(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree));
}

/** What expressions are made of, and what they are not: joined by blanks here, which are one of them too. */
const FRAGMENTS = [
  'a b nodes `x-1` and or in true null é 名 𝒳 _ function λ $ $$ $a $sum $eval $1 0 1 01 1.5 1. .5 1e3 1e 1e400 - + *',
  '/ % = != ! < <= > >= & ? : , . .. ( ) [ ] { } "t" \'t\' "\\n" " \' ` ~> ?: ?? := ** @ # ^ | ; /* */ // $f( "k":',
  '\n \u00a0 \u2028 \0 \ud800',
].flatMap((line) => line.split(' '));
const fragment = fc.constantFrom(' ', '`x y`', ...FRAGMENTS);

const { source } = fc.letrec<{ source: string }>((tie) => {
  const inner = tie('source');
  const operator = fc.constantFrom(
    '+',
    '-',
    '*',
    '/',
    '%',
    '=',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    '&',
    ' and ',
    ' or ',
    ' in ',
    '.',
  );
  return {
    source: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'a',
        'a.b',
        'nodes.`x-1`.v',
        '$v',
        '$$',
        '1',
        '2.50',
        '"t"',
        "'t'",
        'true',
        'null',
        '"a".b',
        'a."b"',
      ),
      fc.tuple(inner, operator, inner).map((parts) => parts.join('')),
      fc.tuple(inner, inner).map(([test, then]) => `${test} ? ${then}`),
      fc.tuple(inner, inner, inner).map(([test, then, other]) => `${test} ? ${then} : ${other}`),
      inner.map((operand) => `-${operand}`),
      inner.map((operand) => ` ( ${operand} ) `),
      fc.array(inner, { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
      fc.array(inner, { maxLength: 3 }).map((items) => `{${items.map((item) => `"k": ${item}`).join(', ')}}`),
      fc.array(inner, { maxLength: 3 }).map((items) => `$f(${items.join(', ')})`),
    ),
  };
});

describe('the parser of common expressions', () => {
  it.each([
    ['inputs.total'],
    ['nodes.`node-1`.value + 1'],
    ['$sum([inputs.a, 2]) / $count(variables.x)'],
    ['a > 1 and b.c = "x" or not_so in [1, 2]'],
    ['a ? b : c ? d : e'],
    ['{"a": 1, "b": [{"c": -x.y}]}'],
    ['-(1 - -2) * -a.b'],
    ['$f($g(1).h, "x".y)."z"'],
    ['  a\n.\tb  '],
  ])('makes the tree that JSONata makes of %s', (text) => {
    const tree = parseCommonExpression(text);
    expect(tree).toBeDefined();
    expect(plain(tree)).toEqual(parsedByJsonata(text));
  });

  it.each([
    '',
    ' ',
    'a[0]',
    'a{b: c}',
    '$f(?, 1)',
    'function($x) { $x }',
    'a ~> $f',
    '/x/',
    'a /* b */',
    '$x := 1',
    '%',
  ])('leaves %s to JSONata', (text) => {
    expect(parseCommonExpression(text)).toBeUndefined();
  });

  it('never makes another tree than JSONata, nor one where JSONata refuses', () => {
    let made = 0;
    const sources = fc.oneof(
      source,
      fc.array(fragment, { maxLength: 9 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(sources, (text) => {
        const tree = parseCommonExpression(text);
        if (tree === undefined) return;
        made += 1;
        expect(plain(tree)).toEqual(parsedByJsonata(text));
      }),
      { numRuns: 4000 },
    );
    // One that leaves everything to JSONata would pass as well.
    expect(made).toBeGreaterThan(1000);
  });

  it('ends for whatever is nested without end', () => {
    for (const opening of ['(', '[', '-', '{"a":', '$f(', 'a?']) {
      expect(parseCommonExpression(opening.repeat(30_000))).toBeUndefined();
    }
  });
});
