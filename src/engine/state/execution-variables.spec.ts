import fc from 'fast-check';
import type { JsonObject } from '../json.js';
import { ExecutionVariables } from './execution-variables.js';

const names = fc.constantFrom('a', 'b', '__proto__', 'constructor');
const writes = fc.array(
  fc.record({ nodeId: fc.constantFrom('n1', 'n2', undefined), values: fc.dictionary(names, fc.nat()) }),
);

/** What they are after the writes, by the words of the promise: the last one of a name stands. */
function expected(initial: JsonObject, all: readonly { values: JsonObject }[]): Map<string, unknown> {
  return new Map([initial, ...all.map(({ values }) => values)].flatMap((values) => Object.entries(values)));
}

const shown = (values: JsonObject) => new Map(Object.entries(values));

describe('the variables of an execution', () => {
  it('are what it began with and the writes that still stand; what was shown does not change', () => {
    fc.assert(
      fc.property(fc.dictionary(names, fc.nat()), writes, writes, (initial, before, after) => {
        const variables = new ExecutionVariables(initial);
        before.forEach((write, seq) => variables.write({ seq, ...write }));
        const seen = variables.seen();
        const atOnce = before.length % 2 === 0 ? variables.now : undefined;
        const then = expected(initial, before);
        after.forEach((write, seq) => variables.write({ seq: before.length + seq, ...write }));
        expect(shown(variables.now)).toEqual(expected(initial, [...before, ...after]));
        variables.drop(new Set(['n1']));
        const kept = [...before, ...after].filter(({ nodeId }) => nodeId !== 'n1');
        expect(shown(variables.now)).toEqual(expected(initial, kept));
        expect(variables.writes.map(({ values }) => values)).toEqual(kept.map(({ values }) => values));
        expect(shown(seen())).toEqual(then);
        if (atOnce) expect(shown(atOnce)).toEqual(then);
      }),
    );
  });

  it('are put together when somebody looks, not at every write', () => {
    let copies = 0;
    const initial = new Proxy<JsonObject>({}, { ownKeys: (target) => ((copies += 1), Reflect.ownKeys(target)) });
    const variables = new ExecutionVariables(initial);
    for (let seq = 0; seq < 10_000; seq += 1) {
      variables.seen();
      variables.write({ seq, values: { [`v${seq}`]: seq } });
    }
    expect(copies).toBe(0);
    expect(Object.keys(variables.now)).toHaveLength(10_000);
    expect(variables.now).toBe(variables.now);
    expect(copies).toBe(1);
  });
});
