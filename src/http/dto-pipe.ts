import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { invalidParams } from '../engine/errors.js';
import { readQuery, refuseBadQuery } from './dto-query.js';
import type { DtoClass } from './dto-rules.js';
import { DtoValidator } from './dto-validator.js';

/** By class; null for one that is no DTO. */
const validators = new WeakMap<object, DtoValidator | null>();

/**
 * Checks bodies and queries against their DTO class, by a schema that is compiled once: more than twice as fast as
 * class-validator, which only words the refusals. The value that came is passed on as it is, not as an instance.
 */
export class DtoPipe implements PipeTransform {
  transform(value: unknown, { type, metatype, data }: ArgumentMetadata): unknown {
    if (type === 'custom') return value;
    if (data !== undefined) return checkSingle(value, data);
    const validator = metatype === undefined ? null : dtoValidator(metatype);
    if (validator === null) return value;
    const given = type === 'query' ? readQuery(value as Record<string, unknown>, validator.schema) : value;
    // A request without a body gives every field its default.
    const result = validator.check(given === undefined ? {} : given);
    if ('problems' in result) throw invalidParams(result.problems);
    return result.value;
  }
}

/** A parameter of the path or the query that no DTO describes. */
function checkSingle(value: unknown, name: string): unknown {
  refuseBadQuery({ [name]: value });
  return value;
}

/** The class made ready to use, once; null when no field of it has a decorator of class-validator. */
export function dtoValidator(type: NonNullable<ArgumentMetadata['metatype']>): DtoValidator | null {
  const known = validators.get(type);
  if (known !== undefined) return known;
  const isDto = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;
  const made = isDto ? new DtoValidator(type as DtoClass) : null;
  validators.set(type, made);
  return made;
}
