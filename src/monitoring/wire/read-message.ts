import { invalidParams } from '../../engine/errors.js';
import { dtoValidator } from '../../http/dto-pipe.js';
import { ALL, SubscribeAllDto, SubscribeOneDto, UnsubscribeDto } from './subscription.dto.js';

type Dto = new () => object;

/** @throws EngineError INVALID_PARAMS that names the fields */
export function readSubscribe(message: unknown): SubscribeOneDto | SubscribeAllDto {
  const isAll = (message as Partial<SubscribeAllDto> | null | undefined)?.executionId === ALL;
  return isAll ? read(SubscribeAllDto, message) : read(SubscribeOneDto, message);
}

/** @throws EngineError INVALID_PARAMS that names the fields */
export function readUnsubscribe(message: unknown): UnsubscribeDto {
  return read(UnsubscribeDto, message);
}

/** As bodies of the HTTP API are checked. */
function read<T extends Dto>(dto: T, message: unknown): InstanceType<T> {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw invalidParams([{ field: '', message: 'the message must be one object' }]);
  }
  const result = dtoValidator(dto)?.check(message);
  if (result === undefined || 'problems' in result) throw invalidParams(result?.problems ?? []);
  return result.value as InstanceType<T>;
}
