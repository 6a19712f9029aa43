import fc from 'fast-check';
import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import type { TestWorkflow } from './driven-execution.js';

/** What a random workflow may hold. */
export interface RandomWorkflowOptions {
  /** Nodes that end at once, without expressions, and fail without a retry: time plays no part. */
  atOnce: boolean;
  errorHandling: 'stop' | 'continue';
}

const PORTS = ['true', 'false'];
const MOST_NODES = 8;

/** Workflows of a few nodes with every kind of edge, node and failure; the document's order is not the topological one. */
export function randomWorkflow(options: RandomWorkflowOptions): fc.Arbitrary<TestWorkflow> {
  return fc.integer({ min: 1, max: MOST_NODES }).chain((size) =>
    fc
      .record({
        nodes: fc.tuple(...Array.from({ length: size }, (_, index) => randomNode(index, options))),
        links: fc.array(randomLink(size, options), { maxLength: 14 }),
        mappings: fc.array(randomMapping(size), { maxLength: 3 }),
        order: fc.shuffledSubarray(
          Array.from({ length: size }, (_, index) => index),
          { minLength: size },
        ),
        maxConcurrency: fc.integer({ min: 1, max: 3 }),
      })
      .map(({ nodes, links, mappings, order, maxConcurrency }) => {
        for (const { from, to, name, ...mapping } of mappings) {
          const target = nodes[to] as NodeDefinition;
          if (from < to) target.inputs = { ...target.inputs, [name]: { from: `n${from}`, ...mapping } };
        }
        const settings: WorkflowSettings = { errorHandling: options.errorHandling, maxConcurrency };
        const edges = links.flatMap((link, index) => edgeOf(link, index, nodes));
        return { nodes: order.map((index) => nodes[index] as NodeDefinition), edges, settings };
      }),
  );
}

function randomNode(index: number, { atOnce }: RandomWorkflowOptions): fc.Arbitrary<NodeDefinition> {
  const id = `n${index}`;
  return fc
    .record({
      type: atOnce ? fc.constantFrom('value', 'branch') : fc.constantFrom('value', 'branch', 'work', 'effect', 'sleep'),
      expressions: atOnce ? fc.constant(false) : fc.boolean(),
      ms: fc.constantFrom(0, 10, 49, 50, 100, 3000, 20_000),
      fails: fc.option(fc.constantFrom(1, 2, undefined), { nil: 0, freq: 2 }),
      enabled: fc.option(fc.constant(false), { nil: undefined, freq: 6 }),
      join: fc.constantFrom('any' as const, 'all' as const, undefined),
      port: fc.constantFrom('true', 'false', 'none'),
      sets: fc.boolean(),
      maxRetries: fc.integer({ min: 0, max: 2 }),
      initialDelay: fc.constantFrom(0, 10, 20_000),
      jitter: fc.boolean(),
    })
    .map(({ type, expressions, ms, fails, enabled, join, port, sets, maxRetries, initialDelay, jitter }) => ({
      id,
      type,
      enabled,
      join,
      retryPolicy: { maxRetries: atOnce ? 0 : maxRetries, initialDelay, jitter },
      config: {
        ms,
        give: {
          [`out_${id}`]: 1,
          ...(expressions ? { seen: '{{ $sort($keys(inputs)) }}', drawn: '{{ $random() }}' } : {}),
        },
        ...(type === 'branch' ? { port } : {}),
        ...(sets ? { variables: { [`set_by_${id}`]: true } } : {}),
        ...(fails === 0 ? {} : { fail: fails === undefined ? { code: 'BROKEN' } : { code: 'BROKEN', times: fails } }),
      },
    }));
}

interface Link {
  from: number;
  to: number;
  type: EdgeDefinition['type'];
  condition?: string;
  port?: string;
  enabled?: boolean;
}

function randomLink(size: number, { atOnce }: RandomWorkflowOptions): fc.Arbitrary<Link> {
  // JSONata takes a turn for the failing one.
  const conditions = ['1 = 1', '1 = 2', 'code = "BROKEN"', ...(atOnce ? [] : ['$error("no")'])];
  return fc.record({
    from: fc.nat(size - 1),
    to: fc.nat(size - 1),
    type: fc.constantFrom('data', 'data', 'data', 'control', 'error', undefined),
    condition: fc.option(fc.constantFrom(...conditions), { nil: undefined, freq: 3 }),
    port: fc.option(fc.constantFrom(...PORTS), { nil: undefined, freq: 1 }),
    enabled: fc.option(fc.constant(false), { nil: undefined, freq: 10 }),
  });
}

function edgeOf({ from, to, port, ...rest }: Link, index: number, nodes: NodeDefinition[]): EdgeDefinition[] {
  if (from === to) return [];
  const [source, target] = from < to ? [from, to] : [to, from];
  const sourceOutput = nodes[source]?.type === 'branch' ? port : undefined;
  return [{ id: `e${index}`, source: `n${source}`, target: `n${target}`, sourceOutput, ...rest }];
}

function randomMapping(size: number) {
  return fc
    .record({
      from: fc.nat(size - 1),
      to: fc.nat(size - 1),
      name: fc.constantFrom('a', 'b'),
      isThere: fc.boolean(),
      required: fc.boolean(),
    })
    .map(({ isThere, from, ...rest }) => ({ ...rest, from, output: isThere ? `out_n${from}` : 'nowhere' }));
}
