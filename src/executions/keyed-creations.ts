import { Injectable } from '@nestjs/common';
import { EngineError } from '../engine/errors.js';
import { IdempotencyRepository } from '../repositories/idempotency.repository.js';
import { CreationLost } from './active-executions.js';

/** Creations with an Idempotency-Key: the same key gives the same execution. */
@Injectable()
export class KeyedCreations {
  /** The last creation under way of each key: the second one waits for the first. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(private readonly keys: IdempotencyRepository) {}

  /**
   * Creates once for the key; gives the id of the execution that has it, when there was one before.
   * @throws EngineError CONFLICT when the key came with another body before
   */
  async once<T>(
    key: string,
    bodyHash: string,
    create: () => Promise<T>,
  ): Promise<{ created: T } | { existing: string }> {
    const before = this.underWay.get(key);
    const turn = (before ?? Promise.resolve()).then(() => this.createOnce(key, bodyHash, create));
    const settled = turn.catch(() => undefined);
    this.underWay.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.underWay.get(key) === settled) this.underWay.delete(key);
    }
  }

  private async createOnce<T>(key: string, bodyHash: string, create: () => Promise<T>) {
    const existing = await this.find(key, bodyHash);
    if (existing !== undefined) return { existing };
    try {
      return { created: await create() };
    } catch (error) {
      if (!(error instanceof CreationLost) || error.loss !== 'exists') throw error;
      const other = await this.find(key, bodyHash);
      if (other === undefined)
        throw new EngineError('CONFLICT', 'The execution of this Idempotency-Key was just deleted', { key });
      return { existing: other };
    }
  }

  private async find(key: string, bodyHash: string): Promise<string | undefined> {
    const found = await this.keys.find(key);
    if (found && found.bodyHash !== bodyHash) {
      throw new EngineError('CONFLICT', 'The Idempotency-Key was used with another body', {
        key,
        executionId: found.executionId,
      });
    }
    return found?.executionId;
  }
}
