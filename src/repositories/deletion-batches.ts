import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { InstanceIdentity } from './instance-identity.js';

/** Under which writer and number a deletion writes its batch row. */
export interface DeletionBatch {
  writer: string;
  no: number;
}

/**
 * The writer of this instance's deletions: they write their own batch rows, one after the other, so that whoever sees a
 * number sees those before it.
 */
@Injectable()
export class DeletionBatches {
  private latest: DeletionBatch | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly identity: InstanceIdentity) {}

  /** The writer with its last number; undefined as long as nothing was deleted. */
  get written(): DeletionBatch | undefined {
    return this.latest?.no ? this.latest : undefined;
  }

  /**
   * Runs a statement in its turn. The number is used up when it wrote its row. Of a statement whose answer was lost nobody
   * knows whether it did, or still will: the next one takes the same number, and goes on with the one after it when it was.
   */
  write<T>(statement: (batch: DeletionBatch) => Promise<T>, hasWritten: (result: T) => boolean): Promise<T> {
    const result = this.turn.then(() => this.inTurn(statement, hasWritten));
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async inTurn<T>(
    statement: (batch: DeletionBatch) => Promise<T>,
    hasWritten: (result: T) => boolean,
  ): Promise<T> {
    const writer = `${this.identity.id}/deletions`;
    if (this.latest?.writer !== writer) this.latest = { writer, no: 0 };
    const { latest } = this;
    for (;;) {
      try {
        const result = await statement({ writer, no: latest.no + 1 });
        if (hasWritten(result)) latest.no += 1;
        return result;
      } catch (error) {
        if (!isTaken(error)) throw error;
        latest.no += 1;
      }
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505' && error.constraint === 'journal_batches_pkey';
}
