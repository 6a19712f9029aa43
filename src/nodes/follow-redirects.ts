import { isSecretName } from '../engine/mask-secrets.js';
import type { NodeContext } from '../engine/ports.js';
import { isHttp, type HttpRequest } from './http-request.js';

const MAX_REDIRECTS = 5;

/** Headers that describe a body, and go with it. */
const OF_BODY = ['content-type', 'content-encoding', 'content-language', 'content-location'];

/**
 * Sends a request and follows up to five redirects, as a browser does: after 303 by GET, after 301 and 302 a POST by GET,
 * after 307 and 308 with the same method and body. Authorization, cookies and other credentials do not go to another
 * host. Gives back the first answer that is no redirect, that `isWanted`, or that cannot be followed.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export async function sendFollowingRedirects(
  request: HttpRequest,
  send: (request: HttpRequest) => ReturnType<NodeContext['fetch']>,
  isWanted: (status: number) => boolean,
): Promise<Response> {
  let current = request;
  for (let redirects = 0; ; redirects++) {
    const response = await send(current);
    const next = isWanted(response.status) ? undefined : redirected(current, response);
    if (!next || redirects >= MAX_REDIRECTS) return response;
    // Nobody reads it, and unread it would hold its connection.
    await response.body?.cancel();
    current = next;
  }
}

function redirected(request: HttpRequest, response: Response): HttpRequest | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined;
  if (!URL.canParse(location, request.url.href)) return undefined;
  const url = new URL(location, request.url);
  if (!isHttp(url)) return undefined;
  url.username = '';
  url.password = '';
  const headers = new Headers(request.headers);
  if (url.origin !== request.url.origin) {
    for (const name of request.headers.keys()) if (isSecretName(name)) headers.delete(name);
  }
  if (!becomesGet(response.status, request.method)) return { ...request, url, headers };
  for (const name of OF_BODY) headers.delete(name);
  return { method: 'GET', url, headers };
}

function becomesGet(status: number, method: string): boolean {
  return status === 303
    ? method !== 'GET' && method !== 'HEAD'
    : (status === 301 || status === 302) && method === 'POST';
}
