import { IsIn, IsString, MaxLength } from 'class-validator';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../engine/state/transitions.js';
import { Describe, MatchesSchema, Omittable } from '../../http/dto-rules.js';

/** Body of PUT /executions/:id/status. */
export class ChangeStatusDto {
  @Describe('`paused` pauses, `running` resumes, the others end it by hand')
  @IsIn(EXECUTION_STATUSES)
  status!: ExecutionStatus;

  @Describe('With `failed`: why; a text, or an object with `message` and `code`')
  @Omittable()
  @MatchesSchema(
    {
      anyOf: [
        { type: 'string', minLength: 1, maxLength: 10_000, description: 'For people' },
        {
          type: 'object',
          properties: {
            message: { type: 'string', minLength: 1, maxLength: 10_000, description: 'For people' },
            code: { type: 'string', minLength: 1, maxLength: 128, description: 'For programs' },
          },
          required: ['message'],
          additionalProperties: false,
        },
      ],
    },
    'must be a text of 1 to 10000 characters, or { message, code? } with such a message and a code of 1 to 128',
  )
  error?: string | { message: string; code?: string };

  @Describe('Kept in the journal and shown in the history')
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;

  @Describe(
    'With `paused`: `wait` (the default) lets running nodes end, `abort` cuts them off and they run again at the resume',
  )
  @Omittable()
  @IsIn(['wait', 'abort'])
  mode?: 'wait' | 'abort';
}
