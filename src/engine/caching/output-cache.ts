import type { JsonObject } from '../json.js';

/** What a completed node gave. */
export interface CachedOutput {
  outputs: JsonObject;
  port?: string;
  variables?: JsonObject;
}

/** Characters of JSON that are kept at most, in memory one byte each, or two. */
const CAPACITY = 64 * 1024 * 1024;

interface Entry {
  /** As JSON: whoever gets it back may do with it as he likes. */
  text: string;
  /** Epoch ms. */
  keptAt: number;
}

/** Outputs of cacheable nodes by the key of all that went into them. When it is full the oldest ones go. */
export class OutputCache {
  /** In the order in which they were kept. */
  private readonly entries = new Map<string, Entry>();
  private size = 0;

  /** @param capacity characters */
  constructor(private readonly capacity = CAPACITY) {}

  /** An output that was kept less than `ttl` ms before `now` (epoch ms). */
  find(key: string, now: number, ttl: number): CachedOutput | undefined {
    const entry = this.entries.get(key);
    if (!entry || now - entry.keptAt >= ttl) return undefined;
    return JSON.parse(entry.text) as CachedOutput;
  }

  /** Keeps it in the place of an older one. */
  keep(key: string, { outputs, port, variables }: CachedOutput, now: number): void {
    const text = JSON.stringify({ outputs, port, variables });
    this.drop(key);
    this.entries.set(key, { text, keptAt: now });
    this.size += key.length + text.length;
    for (const oldest of this.entries.keys()) {
      if (this.size <= this.capacity) break;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.size -= key.length + entry.text.length;
  }
}
