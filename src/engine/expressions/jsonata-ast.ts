/** What a compiled JSONata expression consists of, as far as we look at it: jsonata's own types leave most of it out. */
export interface AstNode {
  type: string;
  value?: unknown;
  position?: number;
  /** Of a path. */
  steps?: AstNode[];
  /** Filters of a step in a path. */
  stages?: { type: string; expr?: AstNode }[];
  /** Filters of anything else. */
  predicate?: { type: string; expr?: AstNode }[];
  /** A group-by behind the node. */
  group?: { lhs: [AstNode, AstNode][] };
  /** Operands; of an object constructor its pairs. */
  lhs?: AstNode | [AstNode, AstNode][];
  rhs?: AstNode;
  expression?: AstNode;
  expressions?: AstNode[];
  procedure?: AstNode;
  arguments?: AstNode[];
  signature?: { definition: string };
  body?: AstNode;
  condition?: AstNode;
  then?: AstNode;
  else?: AstNode;
  pattern?: AstNode;
  update?: AstNode;
  delete?: AstNode;
  terms?: { expression: AstNode }[];
}

const NONE: never[] = [];

/** The nodes directly below. Asked for each node of each expression: it makes no list but the one that it gives. */
export function childrenOf(node: AstNode): AstNode[] {
  const children: AstNode[] = [];
  const add = (child: AstNode | undefined) => {
    if (child !== undefined) children.push(child);
  };
  const addPairs = (pairs: [AstNode, AstNode][]) => {
    for (const pair of pairs) children.push(...pair);
  };
  node.steps?.forEach(add);
  for (const { expr } of node.stages ?? NONE) add(expr);
  for (const { expr } of node.predicate ?? NONE) add(expr);
  if (node.group) addPairs(node.group.lhs);
  if (Array.isArray(node.lhs)) addPairs(node.lhs);
  else add(node.lhs);
  add(node.rhs);
  add(node.expression);
  add(node.procedure);
  add(node.body);
  add(node.condition);
  add(node.then);
  add(node.else);
  node.expressions?.forEach(add);
  node.arguments?.forEach(add);
  for (const { expression } of node.terms ?? []) add(expression);
  add(node.pattern);
  add(node.update);
  add(node.delete);
  return children;
}

/** Every node of the tree, each once, parents before children; no recursion, however deep the tree is. */
export function* everyNode(root: AstNode): Generator<AstNode> {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    open.push(...childrenOf(node));
  }
}
