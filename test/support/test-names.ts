import ts from 'typescript';

/** The titles of a test, from that of the outermost `describe` to its own. */
export type TestName = readonly string[];

/** The names of the tests in a spec file, as its source has them. */
export function testNamesIn(source: ts.SourceFile): TestName[] {
  const names: TestName[] = [];
  const constants = constantsOf(source);
  const visit = (node: ts.Node, around: TestName): void => {
    const block = blockOf(node);
    if (block && !block.isGroup) {
      names.push(...titlesOf(block, constants).map((title) => [...around, title]));
    } else {
      const titles = block ? [...around, block.title] : around;
      ts.forEachChild(node, (child) => visit(child, titles));
    }
  };
  visit(source, []);
  return names;
}

/** The texts that are written in an expression or a type. */
export function textsIn(node: ts.Node | undefined): string[] {
  if (!node) return [];
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
    return [node.text];
  }
  const texts: string[] = [];
  ts.forEachChild(node, (child) => void texts.push(...textsIn(child)));
  return texts;
}

/** `describe('title', …)`, `it('title', …)` or `it.each(table)('title', …)`. */
interface Block {
  isGroup: boolean;
  title: string;
  table?: ts.Expression;
}

function blockOf(node: ts.Node): Block | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const { expression: callee } = node;
  const [title, body] = node.arguments;
  const isEach = ts.isCallExpression(callee) && ts.isPropertyAccessExpression(callee.expression);
  const name = isEach ? (callee.expression as ts.PropertyAccessExpression).expression : callee;
  if (!ts.isIdentifier(name) || !/^(describe|it|test)$/.test(name.text) || !title || !body) return undefined;
  const table = isEach ? callee.arguments[0] : undefined;
  return { isGroup: name.text === 'describe', title: textsIn(title).join(''), table };
}

/** The title, for each row of a table with its first cells in their places, as Jest puts them there. */
function titlesOf({ title, table }: Block, constants: ReadonlyMap<string, ts.Expression>): string[] {
  const rows = table && listOf(table, constants);
  if (!rows) return [title];
  return rows.map((row) => {
    const cells = ts.isArrayLiteralExpression(row) ? [...row.elements] : [row];
    return title.replaceAll(/%[a-zA-Z]/g, () => textsIn(cells.shift()).join(' '));
  });
}

/** The items of a list that is written where it is used, or in a constant of the file. */
function listOf(
  expression: ts.Expression,
  constants: ReadonlyMap<string, ts.Expression>,
): readonly ts.Expression[] | undefined {
  if (ts.isAsExpression(expression)) return listOf(expression.expression, constants);
  if (ts.isArrayLiteralExpression(expression)) return expression.elements;
  const constant = ts.isIdentifier(expression) ? constants.get(expression.text) : undefined;
  return constant && listOf(constant, constants);
}

function constantsOf(source: ts.SourceFile): Map<string, ts.Expression> {
  const constants = new Map<string, ts.Expression>();
  for (const statement of source.statements.filter(ts.isVariableStatement)) {
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && initializer) constants.set(name.text, initializer);
    }
  }
  return constants;
}
