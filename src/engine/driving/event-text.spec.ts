import type { JournalEvent } from '../journal/events.js';
import { eventText } from './event-text.js';

const completed = (text: string): JournalEvent => ({
  type: 'node:completed',
  timestamp: 2,
  nodeId: 'a',
  run: 1,
  attempt: 2,
  startTime: 1,
  startSeq: 2,
  outputs: { text },
  variables: { x: 1 },
});
const LIMIT = 10 * 1024 * 1024;
const FRAME = '{"text":""}'.length;

describe('the text of an event', () => {
  it('is its JSON', () => {
    const event = completed('x');
    expect(eventText(event)).toEqual({ event, text: JSON.stringify(event) });
  });

  it('holds outputs of exactly 10 MiB, by bytes', () => {
    expect(eventText(completed('x'.repeat(LIMIT - FRAME))).event.type).toBe('node:completed');
    expect(eventText(completed('x'.repeat(LIMIT - FRAME + 1))).event.type).toBe('node:failed');
    const wide = Math.floor((LIMIT - FRAME) / 3);
    expect(eventText(completed('語'.repeat(wide))).event.type).toBe('node:completed');
    expect(eventText(completed('語'.repeat(wide + 1))).event.type).toBe('node:failed');
  });

  it('of larger outputs is the failure of their node', () => {
    const { event, text } = eventText(completed('x'.repeat(LIMIT)));
    expect(event).toMatchObject({ type: 'node:failed', nodeId: 'a', attempt: 2, error: { code: 'OUTPUT_TOO_LARGE' } });
    expect(JSON.parse(text)).toEqual(event);
  });
});
