import { createHash, timingSafeEqual } from 'node:crypto';
import { type Config, isLoopback } from '../config/env.js';
import { EngineError } from '../engine/errors.js';

/** What decides whether a request may pass. */
export interface Caller {
  method: string;
  /** As it came, with the query. */
  url: string;
  /** The path of the route that it matched; undefined when there is none. */
  route: string | undefined;
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
}

/** Refuses by throwing an EngineError: UNAUTHORIZED or FORBIDDEN. */
export type AccessCheck = (caller: Caller) => void;

/**
 * Who may call. With a token, `/api/*` and `/metrics` want it. Without one, the server is for this machine alone: a request
 * under a foreign host name (DNS rebinding) or from the page of another site is refused.
 */
export function accessCheck(config: Config): AccessCheck {
  return config.apiToken === undefined ? localCheck(config) : tokenCheck(config.apiToken, config.corsOrigins);
}

function tokenCheck(token: string, corsOrigins: readonly string[]): AccessCheck {
  const expected = digest(token);
  return ({ method, url, route, origin, authorization }) => {
    if (!isProtected(url, route)) return;
    // A browser asks for leave without credentials; what it asks for comes with them.
    if (method === 'OPTIONS' && origin !== undefined && corsOrigins.includes(origin)) return;
    // The scheme is taken in any case (RFC 9110, 11.1). Digests have one length, so that the time tells nothing of the token.
    const given = authorization?.match(/^bearer +(.*)$/i)?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      throw new EngineError('UNAUTHORIZED', 'This needs the header "Authorization: Bearer <API_TOKEN>"');
    }
  };
}

/** The route decides, not the spelling of the URL; what matches none (or only `*`) is judged by that. */
function isProtected(url: string, route: string | undefined): boolean {
  const path = route?.startsWith('/') ? route : url;
  return path.startsWith('/api/') || path === '/metrics';
}

function localCheck({ host: address, allowedHosts, corsOrigins }: Config): AccessCheck {
  // Who listens on other addresses and allows everybody may be called by any name, unless names are listed.
  const checksHost = isLoopback(address) || allowedHosts.length > 0;
  return ({ route, host, origin }) => {
    if (route?.startsWith('/health/')) return;
    if (checksHost && !isAllowedHost(host, allowedHosts)) {
      throw new EngineError(
        'FORBIDDEN',
        'Without API_TOKEN this server answers under loopback names and ALLOWED_HOSTS alone',
        {
          host: host ?? null,
        },
      );
    }
    if (origin !== undefined && !isOwnOrigin(origin, host) && !corsOrigins.includes(origin)) {
      throw new EngineError('FORBIDDEN', 'Pages of other sites may not call this server; CORS_ORIGINS can allow them', {
        origin,
      });
    }
  };
}

function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return isLoopback(name) || allowed.includes(name) || allowed.includes(host.toLowerCase());
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
