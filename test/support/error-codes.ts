import ts from 'typescript';
import { textsIn } from './test-names.js';

/** SQL_<state> and HTTP_<status> end with what a service says. */
const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_?$/;

/**
 * The codes that a source gives to errors and warnings: what is written in a type or a table of codes, where an error
 * is made, and wherever something that is named `code` gets its value.
 */
export function codesIn(source: ts.SourceFile): string[] {
  const codes: string[] = [];
  const visit = (node: ts.Node): void => {
    const given = codeGivenBy(node);
    if (given) codes.push(...textsIn(given).filter((text) => CODE.test(text)));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return codes;
}

function codeGivenBy(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeAliasDeclaration(node)) return node.name.text.endsWith('Code') ? node.type : undefined;
  if (ts.isNewExpression(node)) {
    return ts.isIdentifier(node.expression) && node.expression.text.endsWith('Error') ? node.arguments?.[0] : undefined;
  }
  if (ts.isPropertySignature(node)) return isNamed(node, 'code') ? node.type : undefined;
  if (ts.isVariableDeclaration(node) && isNamed(node, 'CODES')) return node.initializer;
  const hasValue =
    ts.isPropertyAssignment(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isParameter(node);
  return hasValue && isNamed(node, 'code') ? node.initializer : undefined;
}

function isNamed({ name }: { name?: ts.Node }, wanted: string): boolean {
  return name !== undefined && ts.isIdentifier(name) && name.text === wanted;
}
