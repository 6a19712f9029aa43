import type { JsonValue } from '../engine/json.js';

/** A response's body, as far as it was read. */
export interface ReadBody {
  text: string;
  /** There was more than the limit. */
  cut: boolean;
}

/** Reads up to `limit` bytes and cancels the rest. */
export async function readBody(response: Response, limit: number): Promise<ReadBody> {
  if (!response.body) return { text: '', cut: false };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    chunks.push(value);
    if (size > limit) {
      await reader.cancel();
      break;
    }
  }
  const bytes = Buffer.concat(chunks).subarray(0, limit);
  return { text: new TextDecoder(charsetOf(response)).decode(bytes), cut: size > limit };
}

/** JSON as its value when the answer says so and it is, anything else as text. */
export function bodyValue(response: Response, text: string): JsonValue {
  if (!/^[^;]*\bjson\b/i.test(response.headers.get('content-type') ?? '')) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function charsetOf(response: Response): string {
  const [, charset = 'utf-8'] = /charset="?([^\s";]+)/i.exec(response.headers.get('content-type') ?? '') ?? [];
  try {
    return new TextDecoder(charset).encoding;
  } catch {
    return 'utf-8';
  }
}
