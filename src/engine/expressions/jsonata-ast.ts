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

/** The nodes directly below. */
export function childrenOf(node: AstNode): AstNode[] {
  const operands = Array.isArray(node.lhs) ? node.lhs.flat() : [node.lhs];
  const filters = [...(node.stages ?? []), ...(node.predicate ?? [])].map((filter) => filter.expr);
  const single = [node.rhs, node.expression, node.procedure, node.body, node.condition, node.then, node.else];
  const children = [
    ...(node.steps ?? []),
    ...filters,
    ...(node.group?.lhs.flat() ?? []),
    ...operands,
    ...single,
    ...(node.expressions ?? []),
    ...(node.arguments ?? []),
    ...(node.terms ?? []).map((term) => term.expression),
    node.pattern,
    node.update,
    node.delete,
  ];
  return children.filter((child) => child !== undefined);
}

/** Every node of the tree, each once, parents before children; no recursion, however deep the tree is. */
export function* everyNode(root: AstNode): Generator<AstNode> {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    open.push(...childrenOf(node));
  }
}
