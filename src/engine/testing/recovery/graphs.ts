import type { EdgeDefinition, NodeDefinition } from '../../definition/workflow-definition.js';
import { edge } from '../definitions.js';

/** A workflow of the recovery matrix. Every node acts outside and has a handler, but for one that branches. */
export interface MatrixGraph {
  name: string;
  /** In a topological order, which is the document's. */
  nodes: NodeDefinition[];
  edges: EdgeDefinition[];
  /** What begins, and what everything leads to. */
  first: string;
  last: string;
  /** Where most of what can go wrong goes wrong; `before` it stands a node on which it depends. */
  middle: string;
  before: string;
  /** Does not depend on the middle one, nor that on it; in a chain there is none, and it is the middle one. */
  beside: string;
}

/** A node that takes `ms`, gives its name to what follows it and sets a variable of its own. */
export function acting(id: string, ms: number): NodeDefinition {
  return { id, type: 'undoable', config: { ms, give: { [id]: true }, variables: { [`by_${id}`]: true } } };
}

const CHAIN: MatrixGraph = {
  name: 'chain',
  nodes: ['a', 'b', 'c', 'd', 'e'].map((id) => acting(id, 10)),
  edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('d', 'e')],
  first: 'a',
  last: 'e',
  middle: 'c',
  before: 'b',
  beside: 'c',
};

/** The middle node ends before the one beside it. */
const DIAMOND: MatrixGraph = {
  name: 'diamond',
  nodes: [acting('top', 10), acting('left', 20), acting('right', 30), acting('join', 10), acting('end', 10)],
  edges: [edge('top', 'left'), edge('top', 'right'), edge('left', 'join'), edge('right', 'join'), edge('join', 'end')],
  first: 'top',
  last: 'end',
  middle: 'left',
  before: 'top',
  beside: 'right',
};

/** 50 parallel nodes of different lengths, five at once. */
const FAN_OUT: MatrixGraph = (() => {
  const arms = Array.from({ length: 50 }, (_, index) => `w${index + 1}`);
  return {
    name: 'fan-out 50',
    nodes: [acting('root', 10), ...arms.map((id, index) => acting(id, 20 + ((index * 37) % 101))), acting('join', 10)],
    edges: arms.flatMap((id) => [edge('root', id), edge(id, 'join')]),
    first: 'root',
    last: 'join',
    middle: 'w25',
    before: 'root',
    beside: 'w7',
  };
})();

/** One branch is taken, the other one with what follows it is skipped; beside both stands an arm of its own. */
const BRANCH: MatrixGraph = {
  name: 'branch',
  nodes: [
    acting('start', 10),
    { id: 'choose', type: 'branch', config: { port: 'true', give: { choose: true } } },
    acting('audit', 25),
    acting('yes', 10),
    acting('no', 10),
    acting('after_no', 10),
    acting('merge', 10),
    acting('end', 10),
  ],
  edges: [
    edge('start', 'choose'),
    edge('start', 'audit'),
    edge('choose', 'yes', { sourceOutput: 'true' }),
    edge('choose', 'no', { sourceOutput: 'false' }),
    edge('no', 'after_no'),
    edge('yes', 'merge'),
    edge('after_no', 'merge'),
    edge('merge', 'end'),
  ],
  first: 'start',
  last: 'end',
  middle: 'yes',
  before: 'choose',
  beside: 'audit',
};

export const GRAPHS: readonly MatrixGraph[] = [CHAIN, DIAMOND, FAN_OUT, BRANCH];
