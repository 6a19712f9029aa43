import { get, type IncomingMessage } from 'node:http';
import type { FeedEvent } from '../../src/monitoring/feed-event.js';

/** Reads server-sent events as a browser's EventSource does, but does not connect again by itself. */
export class SseTestClient {
  readonly events: FeedEvent[] = [];
  /** The ids that came with the events. */
  readonly ids: (string | undefined)[] = [];
  readonly gaps: unknown[] = [];
  /** The last id that came, with or without data. */
  lastEventId = '';
  readonly ended: Promise<void>;
  private rest = '';
  private readonly changes = new Set<() => void>();

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (text: string) => this.take(text));
    this.ended = new Promise((resolve) => response.once('close', resolve));
    response.on('error', () => undefined);
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<SseTestClient> {
    return new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (response) => resolve(new SseTestClient(response))).on('error', reject);
    });
  }

  async until(isThere: (client: this) => boolean): Promise<void> {
    while (!isThere(this)) await new Promise<void>((resolve) => this.changes.add(resolve));
  }

  pause(): void {
    this.response.socket.pause();
  }

  resume(): void {
    this.response.socket.resume();
  }

  close(): void {
    this.response.destroy();
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() as string;
    for (const block of blocks) this.takeBlock(block.split('\n'));
    for (const resolve of this.changes) resolve();
    this.changes.clear();
  }

  private takeBlock(lines: readonly string[]): void {
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const [id, event, data] = [field('id'), field('event'), field('data')];
    if (id !== undefined) this.lastEventId = id;
    if (data === undefined) return;
    if (event === 'gap') this.gaps.push(JSON.parse(data));
    else {
      this.events.push(JSON.parse(data) as FeedEvent);
      this.ids.push(id);
    }
  }
}
