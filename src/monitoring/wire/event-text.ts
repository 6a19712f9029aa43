import type { FeedEvent } from '../feed-event.js';

/** An event as it goes over the wire. */
export interface EventText {
  /** JSON, without a line break. */
  text: string;
  /** In UTF-8. */
  bytes: number;
}

/** All subscribers share an event: it is written once, whoever gets it and in whatever form. */
const texts = new WeakMap<FeedEvent, EventText>();

/** The event as JSON. */
export function textOf(event: FeedEvent): EventText {
  let made = texts.get(event);
  if (!made) {
    const text = JSON.stringify(event);
    made = { text, bytes: Buffer.byteLength(text) };
    texts.set(event, made);
  }
  return made;
}
