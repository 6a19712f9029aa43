import type { ExpressionScope } from '../expressions/expression.js';
import type { JsonObject } from '../json.js';
import type { NodeType, Scheduler } from '../ports.js';
import { cacheKey } from './cache-key.js';
import type { CachedOutput, OutputCache } from './output-cache.js';

/** The cache as one attempt of a cacheable node uses it. */
export class AttemptCache {
  private key: string | null = null;

  constructor(
    private readonly cache: OutputCache,
    private readonly clock: Pick<Scheduler, 'now'>,
    /** How old an output may be, in ms. */
    private readonly ttl: number,
  ) {}

  /** What a node of the type gave the last time that it saw the same. */
  find(type: NodeType, config: JsonObject, scope: ExpressionScope): CachedOutput | undefined {
    this.key = cacheKey(type, config, scope);
    return this.key === null ? undefined : this.cache.find(this.key, this.clock.now(), this.ttl);
  }

  /** Keeps what the node gave under what {@link find} was asked for. */
  keep(output: CachedOutput): void {
    if (this.key !== null) this.cache.keep(this.key, output, this.clock.now());
  }
}
