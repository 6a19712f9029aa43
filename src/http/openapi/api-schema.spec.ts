import {
  choice,
  component,
  count,
  described,
  list,
  nullable,
  optional,
  record,
  type Schema,
  text,
} from './api-schema.js';
import { ComponentCollector } from './component-collector.js';

interface Thing {
  id: string;
  kind: 'a' | 'b' | null;
  size?: number;
}

const thing = component(
  'Thing',
  record<Thing>(
    { id: text('Id'), kind: nullable(choice(['a', 'b'], 'Kind')), size: optional(count('Size')) },
    'A thing',
  ),
);

describe('a schema of a type', () => {
  test('is closed, and wants what the type does not leave out', () => {
    const collector = new ComponentCollector();
    collector.resolve(thing);

    expect(collector.schemas.Thing).toEqual({
      type: 'object',
      description: 'A thing',
      properties: {
        id: { type: 'string', description: 'Id' },
        kind: { description: 'Kind', anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] },
        size: { type: 'integer', minimum: 0, description: 'Size' },
      },
      required: ['id', 'kind'],
      additionalProperties: false,
    });
  });

  test('does not compile when it and the type differ', () => {
    const same: Schema<Thing>[] = [
      // @ts-expect-error a field is missing
      record<Thing>({ id: text(''), kind: nullable(choice(['a', 'b'], '')) }),
      // @ts-expect-error a field is not optional in the schema
      record<Thing>({ id: text(''), kind: nullable(choice(['a', 'b'], '')), size: count('') }),
      // @ts-expect-error null is not allowed in the schema
      record<Thing>({ id: text(''), kind: choice(['a', 'b'], ''), size: optional(count('')) }),
      // @ts-expect-error a choice is missing
      record<Thing>({ id: text(''), kind: nullable(choice(['a'], '')), size: optional(count('')) }),
      // @ts-expect-error another type
      record<Thing>({ id: count(''), kind: nullable(choice(['a', 'b'], '')), size: optional(count('')) }),
      record<Thing>({
        id: text(''),
        kind: nullable(choice(['a', 'b'], '')),
        size: optional(count('')),
        // @ts-expect-error a field too many
        more: text(''),
      }),
    ];
    expect(same).toHaveLength(6);
  });
});

describe('named schemas', () => {
  test('stand once in the document, with a reference wherever they are used', () => {
    const collector = new ComponentCollector();
    const resolved = collector.resolve({
      one: described(thing, 'One'),
      some: nullable(list(thing, 'Some')),
      none: undefined,
    });

    expect(resolved).toEqual({
      one: { $ref: '#/components/schemas/Thing', description: 'One' },
      some: { type: ['array', 'null'], description: 'Some', items: { $ref: '#/components/schemas/Thing' } },
    });
    expect(Object.keys(collector.schemas)).toEqual(['Thing']);
  });

  test('may be null where they are used', () => {
    const anything = new ComponentCollector().resolve(nullable(described(thing, 'One')));

    expect(anything).toEqual({
      description: 'One',
      anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }],
    });
  });

  test('have names of their own', () => {
    const other = component('Thing', text('Not a thing'));

    expect(() => new ComponentCollector().resolve([thing, other])).toThrow('Two schemas are named Thing');
  });
});
