import { Strays } from './strays.js';

const log = { warn: () => undefined };

/** Strays among what the table gives; `takeUp` is told of each. */
function setUp(held: () => Promise<string[]>, inHand: () => string[] = () => []) {
  const taken: string[] = [];
  const takeUp = (id: string) => {
    taken.push(id);
    return id.startsWith('bad') ? Promise.reject(new Error('unreadable')) : Promise.resolve();
  };
  return { taken, strays: new Strays({ held }, log, { inHand, takeUp }) };
}

it('one that cannot be taken up does not stop the others', async () => {
  const { strays, taken } = setUp(() => Promise.resolve(['bad1', 'a', 'bad2', 'b']));
  await strays.takeUp();
  expect(taken).toEqual(['bad1', 'a', 'bad2', 'b']);
});

it('what is in memory is none, nor what came into it or left it while the table was asked', async () => {
  let inHand = ['stays', 'leaves'];
  const held = () => {
    inHand = ['stays', 'comes'];
    return Promise.resolve(['stays', 'leaves', 'comes', 'stray']);
  };
  const { strays, taken } = setUp(held, () => inHand);
  await strays.takeUp();
  expect(taken).toEqual(['stray']);
});

it('one look does not begin before the other has ended, and a look that fails is made again', async () => {
  let looks = 0;
  const { strays, taken } = setUp(() => {
    looks += 1;
    return looks === 1 ? Promise.reject(new Error('away')) : Promise.resolve(['a']);
  });
  await Promise.all([strays.takeUp(), strays.takeUp()]);
  expect(looks).toBe(1);
  await strays.takeUp();
  expect(taken).toEqual(['a']);
});
