import { startHttpService, type HttpService } from '../../test/support/http-service.js';
import type { NetworkUse } from '../engine/ports.js';
import { createCountingFetch } from './counting-fetch.js';

let service: HttpService;

beforeAll(async () => {
  service = await startHttpService((request, response) => {
    if (request.path === '/moved') response.writeHead(302, { location: '/' }).end();
    else if (request.path !== '/silent') response.end('answer');
  });
});

afterAll(() => service.close());

const unused = (): NetworkUse => ({ bytesReceived: 0, bytesSent: 0, requestCount: 0 });

describe('the fetch of an attempt', () => {
  it('counts requests and the bytes of their bodies', async () => {
    const use = unused();
    const fetchCounted = createCountingFetch(new AbortController().signal, use);
    const bodies = ['grüße', new URLSearchParams({ a: 'b' }), new Uint8Array(7), new Blob(['123'])];
    for (const body of bodies) await (await fetchCounted(service.url, { method: 'POST', body })).text();
    expect(use).toEqual({ requestCount: 4, bytesSent: 7 + 3 + 7 + 3, bytesReceived: 24 });
    expect(service.requests.map(({ body }) => body.length)).toEqual([5, 3, 7, 3]);
  });

  it('gives the answer as it is, and redirects to the caller unless told otherwise', async () => {
    const fetchCounted = createCountingFetch(new AbortController().signal, unused());
    const moved = await fetchCounted(`${service.url}/moved`);
    expect([moved.status, moved.headers.get('location'), moved.url]).toEqual([302, '/', `${service.url}/moved`]);
    expect(await (await fetchCounted(`${service.url}/moved`, { redirect: 'follow' })).text()).toBe('answer');
  });

  it('obeys its attempt and the signal of a call', async () => {
    const attempt = new AbortController();
    const fetchCounted = createCountingFetch(attempt.signal, unused());
    const call = new AbortController();
    const ended = fetchCounted(`${service.url}/silent`, { signal: call.signal });
    call.abort(new Error('this call'));
    await expect(ended).rejects.toThrow('this call');
    const second = fetchCounted(`${service.url}/silent`);
    attempt.abort(new Error('the attempt'));
    await expect(second).rejects.toThrow('the attempt');
    await expect(fetchCounted(service.url)).rejects.toThrow('the attempt');
  });
});
