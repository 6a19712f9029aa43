import type { NetworkUse, NodeContext } from '../engine/ports.js';

/** Statuses whose answers have no body. */
const WITHOUT_BODY = new Set([101, 204, 205, 304]);

/**
 * Node's fetch for one attempt of a node: it obeys the attempt's signal, counts into `use` (bytes of bodies, as they are
 * read and, for texts and buffers, sent) and leaves redirects to the caller unless told otherwise.
 */
export function createCountingFetch(signal: AbortSignal, use: NetworkUse): NodeContext['fetch'] {
  return async (url, init = {}) => {
    const signals = init.signal ? AbortSignal.any([signal, init.signal]) : signal;
    use.requestCount += 1;
    use.bytesSent += sizeOf(init.body);
    const response = await fetch(url, { redirect: 'manual', ...init, signal: signals });
    if (!response.body || WITHOUT_BODY.has(response.status)) return response;
    return counted(response, response.body, use);
  };
}

function counted(response: Response, body: NonNullable<Response['body']>, use: NetworkUse): Response {
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      use.bytesReceived += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers, url } = response;
  const result = new Response(body.pipeThrough(counter), { status, statusText, headers });
  // The constructor has no place for it.
  return Object.defineProperty(result, 'url', { value: url });
}

function sizeOf(body: RequestInit['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof URLSearchParams) return Buffer.byteLength(body.toString());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  return body instanceof Blob ? body.size : 0;
}
