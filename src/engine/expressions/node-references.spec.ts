import { compileExpression } from './compile-expression.js';

const of = (source: string, nodes: 'root' | 'variable' = 'root') => {
  const { ids, computed } = compileExpression(source, { nodes }).references;
  return { ids: [...ids].sort(), computed };
};

describe('references of an expression', () => {
  it.each([
    ['nodes.a.x', ['a']],
    ['nodes.a + nodes.b.c', ['a', 'b']],
    ['nodes.`a b`.x', ['a b']],
    ['nodes."a b".x', ['a b']],
    ['$$.nodes.a', ['a']],
    ['$.nodes.a', ['a']],
    ['nodes.订单.total', ['订单']],
    ['$map(nodes.a.items, function($i) { $i.x + nodes.b.y })', ['a', 'b']],
    ['{"k": nodes.a.x, "l": [nodes.b]}', ['a', 'b']],
    ['($x := nodes.a; $x.y)', ['a']],
    ['inputs.x > 1 ? nodes.a : nodes.b ?? nodes.c', ['a', 'b', 'c']],
    ['nodes.a.items[p > 1].q', ['a']],
    ['nodes.a[0]', ['a']],
    ['inputs.nodes.x', []],
    ['inputs.items[nodes.x = 1]', []],
    ['inputs.items.(nodes.x)', []],
    ['$sum(inputs.items.(p * $$.nodes.a.factor))', ['a']],
    ['$now() & $string(inputs.x)', []],
    ['inputs{name: nodes.x}', []],
  ])('%s reads %j', (source, ids) => {
    expect(of(source)).toEqual({ ids, computed: false });
  });

  it.each([
    'nodes',
    'nodes.*',
    'nodes[0]',
    'nodes.(a)',
    '$lookup(nodes, "a")',
    '$lookup("nodes")',
    '$lookup($$, inputs.name)',
    '$keys()',
    '$each(function($v, $k) { $k })',
    '*',
    '**.x',
    '$',
    '$$',
    '($root := $$; $root.nodes.a)',
    'inputs.x.%.%.nodes.a',
    'nodes ~> $keys',
  ])('%s is computed', (source) => {
    expect(of(source).computed).toBe(true);
  });

  it('are read from $nodes in the condition of an edge', () => {
    expect(of('nodes.a > 1', 'variable')).toEqual({ ids: [], computed: false });
    expect(of('total > $nodes.a.limit', 'variable')).toEqual({ ids: ['a'], computed: false });
    expect(of('$lookup($nodes, name)', 'variable').computed).toBe(true);
    expect(of('$keys($) and $$.x', 'variable')).toEqual({ ids: [], computed: false });
  });
});
