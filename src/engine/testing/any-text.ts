import fc from 'fast-check';

const codeUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

/**
 * Any text that JavaScript can hold, halves of surrogate pairs among it. The texts of fast-check's `unit: 'binary'` need a
 * table of all characters, which takes a second to make in each file.
 */
export function anyText(constraints: { maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: codeUnit });
}
