import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { atMost } from '../config/at-most.js';
import { Log } from '../config/logger.js';
import { Database } from './database.js';

const CHANNEL = 'retrace_wake';
/** NOTIFY takes a lock on the whole database server, so there are at most 20 a second. */
const NOTIFY_EVERY_MS = 50;
const RECONNECT_AFTER_MS = 1000;
const END_MS = 1000;

/**
 * Tells the other instances on this database that there may be something to read, and hears it from them. Nothing is said
 * but that, and some of it may get lost: whoever listens looks from time to time as well. It has a connection of its own,
 * made again when it breaks.
 */
@Injectable()
export class WakeChannel {
  private client: Client | undefined;
  private listening: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private pause: NodeJS.Timeout | undefined;
  private again = false;

  constructor(
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** True while the connection stands. */
  get isOpen(): boolean {
    return this.client !== undefined;
  }

  /** Begins to listen. `onWake` is called for what others notify, and after each connection, before which they may have. */
  open(onWake: () => void): void {
    this.listening ??= this.keepListening(onWake);
  }

  /** Wakes the others: at once, or with all that come meanwhile when the last time was just now. */
  notify(): void {
    if (this.pause) {
      this.again = true;
      return;
    }
    this.client
      ?.query(`NOTIFY ${CHANNEL}`)
      .catch((error: unknown) => this.log.debug({ err: error }, 'could not notify'));
    this.pause = setTimeout(() => {
      this.pause = undefined;
      if (!this.again) return;
      this.again = false;
      this.notify();
    }, NOTIFY_EVERY_MS).unref();
  }

  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.pause);
    this.again = false;
    await this.listening;
  }

  private async keepListening(onWake: () => void): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await this.listen(onWake).catch((error: unknown) => this.log.debug({ err: error }, 'cannot listen for others'));
      await delay(RECONNECT_AFTER_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Resolves when the connection has ended. */
  private async listen(onWake: () => void): Promise<void> {
    const client = this.database.client();
    // Its end follows.
    client.on('error', () => undefined);
    const { signal } = this.closing;
    let closed = () => {};
    const ended = new Promise<void>((resolve) => {
      closed = resolve;
      client.once('end', resolve);
    });
    signal.addEventListener('abort', closed);
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      client.on('notification', ({ processId }) => {
        if (processId !== rows[0]?.pid) onWake();
      });
      await client.query(`LISTEN ${CHANNEL}`);
      this.client = client;
      onWake();
      if (!signal.aborted) await ended;
    } finally {
      signal.removeEventListener('abort', closed);
      this.client = undefined;
      await atMost(END_MS, client.end());
    }
  }
}
