import type { ArgumentMetadata } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
  validateSync,
} from 'class-validator';
import * as fc from 'fast-check';
import { EngineError } from '../engine/errors.js';
import { anyText } from '../engine/testing/any-text.js';
import { DtoPipe } from './dto-pipe.js';
import { IsAnyJson, IsFreeObject, MatchesSchema, Omittable } from './dto-rules.js';
import { DtoValidator } from './dto-validator.js';

enum Colour {
  Red = 'red',
  Blue = 'blue',
}

class Item {
  @IsString()
  @Length(1, 3)
  id!: string;

  @Omittable()
  @IsNumber()
  @Min(0)
  weight?: number;
}

/** Every rule, in the combinations in which they are used. */
class Everything {
  @IsString()
  @MinLength(2)
  @MaxLength(4)
  text!: string;

  @IsOptional()
  @IsString()
  @Matches(/^a+$/)
  pattern?: string;

  @IsOptional()
  @Matches(/^é+$/iu)
  flagged?: string;

  @IsOptional()
  @IsInt()
  @Min(-2)
  @Max(2)
  count?: number;

  @Omittable()
  @IsBoolean()
  flag?: boolean;

  @IsOptional()
  @IsIn(['x', 1, null])
  choice?: unknown;

  @IsOptional()
  @IsEnum(Colour)
  colour?: Colour;

  @IsOptional()
  @IsNotEmpty()
  filled?: unknown;

  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(2)
  @ArrayUnique()
  @IsString({ each: true })
  list?: string[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Item)
  item?: Item;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Item)
  items?: Item[];

  @IsOptional()
  @IsObject()
  object?: object;

  @IsOptional()
  @IsFreeObject()
  free?: object;

  @Omittable()
  @IsAnyJson()
  any?: unknown;

  @IsOptional()
  @MatchesSchema(
    { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 1 },
    'must be at most one text',
  )
  labels?: Record<string, string>;
}

const bodyOf = (metatype: ArgumentMetadata['metatype']): ArgumentMetadata => ({ type: 'body', metatype });

function problemsOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof EngineError) return error.details;
    throw error;
  }
  return undefined;
}

/** What class-validator thinks of a body, made into instances as its own documentation says. */
function isAcceptedByClassValidator(body: Record<string, unknown>): boolean {
  const item = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.assign(new Item(), value) : value;
  const instance = Object.assign(new Everything(), body, {
    item: item(body['item']),
    items: Array.isArray(body['items']) ? body['items'].map(item) : body['items'],
  });
  return validateSync(instance, { whitelist: true, forbidNonWhitelisted: true }).length === 0;
}

/** Values that are near the border of one rule or another, and some that are far from all. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -2,
    2,
    3,
    1.5,
    '',
    'a',
    'aa',
    'aaaaa',
    'x',
    'red',
    'É',
    '👍️',
    '👍👍',
    '\uFE0F',
    [],
    {},
  ),
  anyText({ maxLength: 5 }),
  fc.array(fc.constantFrom<unknown>('a', 'b', 1, null, { id: 'a' }, { id: '' }), { maxLength: 3 }),
  fc.record(
    { id: fc.constantFrom<unknown>('a', '', 'abcd', 1), weight: fc.constantFrom<unknown>(0, -1, null, 'x') },
    { requiredKeys: [] },
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const names = Object.keys(new DtoValidator(Everything).schema.properties ?? {});
const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...names, 'unknown'), value, { maxKeys: 4 }),
  fc
    .record({ text: fc.constant('abc') }, { requiredKeys: ['text'] })
    .chain((base) =>
      fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 }).map((rest) => ({ ...base, ...rest })),
    ),
);

describe('the DTO pipe', () => {
  const pipe = new DtoPipe();

  test('is never laxer than class-validator', () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, (candidate) => {
        const refused = problemsOf(() => pipe.transform(candidate, bodyOf(Everything)));
        if (refused === undefined) accepted++;
        return refused !== undefined || isAcceptedByClassValidator(candidate);
      }),
      { numRuns: 5000 },
    );

    // A pipe that refuses everything would pass as well.
    expect(accepted).toBeGreaterThan(500);
  });

  test('names at least one field or the body for everything that it refuses', () => {
    fc.assert(
      fc.property(fc.oneof(body, value), (candidate) => {
        const problems = problemsOf(() => pipe.transform(candidate, bodyOf(Everything)));
        if (problems === undefined) return;
        expect(problems).toEqual(
          expect.arrayContaining([
            { field: expect.any(String) as string, message: expect.stringMatching(/./) as string },
          ]),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('passes on the very object that came, so that nothing in it is lost', () => {
    const given = { text: 'abc', free: { toString: 1, list: [null, { a: undefined }] } };

    expect(pipe.transform(given, bodyOf(Everything))).toBe(given);
  });

  test('takes no prototype for a field', () => {
    const polluted = JSON.parse('{"text":"abc","__proto__":{"flag":true}}') as object;

    expect(problemsOf(() => pipe.transform(polluted, bodyOf(Everything)))).toMatchObject([{ field: '__proto__' }]);
    expect(problemsOf(() => pipe.transform({ text: 'abc', constructor: 1 }, bodyOf(Everything)))).toMatchObject([
      { field: 'constructor' },
    ]);
  });

  test('lists the fields that there are when none is near an unknown one', () => {
    expect(problemsOf(() => pipe.transform({ id: 'a', colour: 'red' }, bodyOf(Item)))).toEqual([
      { field: 'colour', message: 'unknown field "colour"; known are id, weight' },
    ]);
  });

  test('names fields inside lists by their place', () => {
    const given = { text: 'abc', items: [{ id: 'a' }, { id: '', wieght: 1 }] };

    expect(problemsOf(() => pipe.transform(given, bodyOf(Everything)))).toMatchObject([
      { field: 'items.1.wieght', message: 'unknown field "items.1.wieght"; did you mean "weight"?' },
      { field: 'items.1.id' },
    ]);
  });

  test('refuses a list of a million and a million unknown fields without delay', () => {
    const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`f${index}`, index]));
    const long = Array.from({ length: 1_000_000 }, () => 'a');
    const began = performance.now();

    expect(problemsOf(() => pipe.transform({ text: 'abc', list: long }, bodyOf(Everything)))).toMatchObject([
      { field: 'list' },
    ]);
    expect(problemsOf(() => pipe.transform(many, bodyOf(Everything)))).toHaveLength(50);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('leaves alone what no DTO describes', () => {
    expect(pipe.transform('7', { type: 'param', metatype: String, data: 'id' })).toBe('7');
    expect(pipe.transform([1], bodyOf(Object))).toEqual([1]);
    expect(pipe.transform({ a: 1 }, { type: 'custom', metatype: Everything })).toEqual({ a: 1 });
  });
});

describe('the start is stopped by', () => {
  test('a decorator that has no rule', () => {
    class WithEmail {
      @IsEmail()
      email!: string;
    }
    expect(() => new DtoValidator(WithEmail)).toThrow(
      'WithEmail.email: the decorator isEmail has no rule in dto-schema.ts',
    );
  });

  test('a condition that no schema can say', () => {
    class WithCondition {
      @ValidateIf(() => true)
      @IsString()
      text!: string;
    }
    expect(() => new DtoValidator(WithCondition)).toThrow(/WithCondition.text: a condition has no JSON Schema/);
  });

  test('a nested DTO whose class is unknown', () => {
    class Outer {
      @ValidateNested()
      inner!: Item;
    }
    expect(() => new DtoValidator(Outer)).toThrow('Outer.inner: @ValidateNested() needs @Type(() => Class)');
  });

  test('rules that contradict each other, and options that no schema can say', () => {
    class Both {
      @IsString()
      @IsInt()
      value!: unknown;
    }
    class Precise {
      @IsNumber({ maxDecimalPlaces: 2 })
      value!: number;
    }
    expect(() => new DtoValidator(Both)).toThrow(/it cannot be/);
    expect(() => new DtoValidator(Precise)).toThrow(/the options of this decorator/);
  });
});
