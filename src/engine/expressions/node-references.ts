import { childrenOf, type AstNode } from './jsonata-ast.js';
import type { NodeReferences } from './expression.js';

/** What an expression is evaluated against: the whole scope, its `nodes`, or something else. */
type Context = 'scope' | 'nodes' | 'other';

/** Functions that take their context for an argument that is not given, and how many arguments they then need. */
const CONTEXT_FUNCTIONS = new Map([
  ['string', 1],
  ['boolean', 1],
  ['not', 1],
  ['keys', 1],
  ['spread', 1],
  ['clone', 1],
  ['lookup', 2],
  ['each', 2],
  ['sift', 2],
]);

/**
 * The nodes whose outputs an expression reads. It errs on the safe side: what reads the scope in a way that is not
 * plainly `nodes.<id>` counts as computed.
 * @param nodesVariable whether the outputs are the variable `$nodes` (of an edge's condition) and not a name in the root
 */
export function findNodeReferences(ast: AstNode, nodesVariable: boolean): NodeReferences {
  const finder = new ReferenceFinder(nodesVariable);
  finder.visit(ast, nodesVariable ? 'other' : 'scope');
  return { ids: [...finder.ids], computed: finder.computed };
}

class ReferenceFinder {
  readonly ids = new Set<string>();
  computed = false;

  constructor(private readonly nodesVariable: boolean) {}

  visit(node: AstNode, context: Context): void {
    switch (node.type) {
      case 'path':
        this.visitPath(node, context);
        return;
      case 'name':
      case 'variable':
        this.keep(this.contextAfter(node, context));
        break;
      case 'wildcard':
      case 'descendant':
        this.keep(context);
        break;
      case 'parent':
        this.computed = true;
        break;
      case 'function':
        this.visitCall(node, context);
        break;
      default:
    }
    for (const child of childrenOf(node)) this.visit(child, this.insideOf(node, child, context));
  }

  private visitPath(path: AstNode, start: Context): void {
    let context = start;
    for (const step of path.steps ?? []) {
      const result = this.contextAfter(step, context);
      if (context === 'nodes' && step.type === 'name') this.ids.add(String(step.value));
      else if (context === 'nodes') this.computed = true;
      else if (step.type !== 'name' && step.type !== 'variable') this.visit(step, context);
      // A filter sees what the step has given; filtering the outputs or the scope itself is not plain any more.
      for (const filter of step.stages ?? []) if (filter.expr) this.visit(filter.expr, result);
      if (step.stages) this.keep(result);
      context = result;
    }
    this.keep(context);
    for (const child of (path.group?.lhs ?? []).flat()) this.visit(child, context);
  }

  private contextAfter(step: AstNode, context: Context): Context {
    if (step.type === 'variable') {
      if (step.value === 'nodes') return this.nodesVariable ? 'nodes' : 'other';
      if (step.value === '') return context;
      return step.value === '$' && !this.nodesVariable ? 'scope' : 'other';
    }
    return step.type === 'name' && context === 'scope' && step.value === 'nodes' ? 'nodes' : 'other';
  }

  private insideOf(node: AstNode, child: AstNode, context: Context): Context {
    const filters = node.predicate?.some((filter) => filter.expr === child) === true;
    const grouped = node.group?.lhs.some((pair) => pair.includes(child)) === true;
    if (filters || grouped) return node.type === 'variable' ? this.contextAfter(node, context) : 'other';
    return node.type === 'transform' ? 'other' : context;
  }

  private visitCall(call: AstNode, context: Context): void {
    const needed = CONTEXT_FUNCTIONS.get(String(call.procedure?.value));
    if (needed !== undefined && (call.arguments?.length ?? 0) < needed) this.keep(context);
  }

  /** The whole of it is used as a value: whatever is done with it then is not seen here. */
  private keep(context: Context): void {
    if (context !== 'other') this.computed = true;
  }
}
