/** Codes of errors before a request could be sent: no address, no connection, no trust. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);

/** Errors of fetch about what it was asked to send: nothing went out. */
const REFUSED_BY_FETCH = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** How fetch refuses a port of its block list, without a code. @see https://fetch.spec.whatwg.org/#port-blocking */
const BLOCKED_PORT = 'bad port';

export interface ConnectionFailure {
  message: string;
  /** Surely nothing was sent. */
  neverSent: boolean;
  /** fetch's own limits of five minutes, for the headers and between two parts of the body. */
  isTimeout: boolean;
}

/** What one of the errors behind a rejected fetch may say. */
interface Cause {
  message?: unknown;
  code?: unknown;
  syscall?: unknown;
  /** One error for each address of the host that was tried. */
  errors?: unknown;
  cause?: unknown;
}

/** What a rejected fetch says: its own message is "fetch failed", the reason stands behind it. */
export function connectionFailure(error: unknown): ConnectionFailure {
  const causes = causesOf(error);
  const code = causes.map((cause) => cause.code).findLast((known) => typeof known === 'string');
  const text = causes.map((cause) => cause.message).findLast((known) => typeof known === 'string' && known !== '');
  const message = typeof text === 'string' ? text : String(error);
  const withCode = typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
  const isTimeout = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
  return { message: withCode, neverSent: causes.some(isBeforeSending), isTimeout };
}

function isBeforeSending({ message, code, syscall, errors }: Cause): boolean {
  if (message === BLOCKED_PORT) return true;
  if (typeof code === 'string') {
    if (NEVER_CONNECTED.has(code) || REFUSED_BY_FETCH.has(code) || code.startsWith('ERR_SSL_')) return true;
  }
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  return Array.isArray(errors) && errors.length > 0 && errors.filter(isCause).every(isBeforeSending);
}

function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let next = error; isCause(next) && causes.length < 5; next = next.cause) causes.push(next);
  return causes;
}

function isCause(value: unknown): value is Cause {
  return typeof value === 'object' && value !== null;
}
