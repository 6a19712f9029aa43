/** A workflow of which each node's event is about as large as outputs in events may be: 150 of them, 2 MB together. */
export const largeEvents = {
  id: 'large',
  name: 'Large',
  nodes: Array.from({ length: 150 }, (_, index) => ({
    id: `n${index}`,
    type: 'transform',
    config: { output: { text: 'x'.repeat(15_000) } },
  })),
  edges: [],
};
