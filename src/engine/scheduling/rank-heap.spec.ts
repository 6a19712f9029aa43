import fc from 'fast-check';
import { RankHeap } from './rank-heap.js';

describe('the heap of ranks', () => {
  it('gives the smallest first, whatever is put in and taken out in between', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(50), fc.constant('pop' as const))), (steps) => {
        const heap = new RankHeap();
        let model: number[] = [];
        for (const step of steps) {
          if (step === 'pop') {
            const smallest = model.length > 0 ? Math.min(...model) : undefined;
            expect(heap.pop()).toBe(smallest);
            const at = model.indexOf(smallest as number);
            model = model.filter((_, index) => index !== at);
          } else {
            heap.push(step);
            model.push(step);
          }
          expect(heap.size).toBe(model.length);
        }
        const rest: (number | undefined)[] = [];
        while (heap.size > 0) rest.push(heap.pop());
        expect(rest).toEqual([...model].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});
