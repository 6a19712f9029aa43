/**
 * A node type that acts on the world: it puts a page on a web server (PUT /pages/<slug>), and can take it down again.
 *
 * It is `external`: before `execute` is called, Retrace commits that it is about to be, with the idempotency key of the run.
 * When the server dies in between, nobody knows whether the page is there; `probe` can look, and `rollback` can undo it.
 *
 * @type {import('../../src/engine/ports.js').NodeType}
 */
export default {
  type: 'publish-page',
  aliases: ['publish'],
  name: 'Publish page',
  category: 'web',
  description: 'Puts a page on a web server; undone, the page is taken down.',
  version: '1.0.0',
  effect: 'external',
  // After a crash: look what happened. `retry` would try again under the same key, `ask` would wait for a person.
  onInterrupted: 'probe',
  retry: { maxRetries: 3, backoff: 'exponential', initialDelay: 200, retryableErrors: ['UNREACHABLE', '503'] },
  timeout: 10_000,
  outputNames: ['url', 'key'],
  configSchema: {
    type: 'object',
    properties: {
      server: { type: 'string', format: 'uri', description: 'Where the pages are: https://pages.example.com' },
      slug: { type: 'string', pattern: '^[\\p{L}\\p{N}-]+$' },
      title: { type: 'string' },
      text: { type: 'string' },
    },
    required: ['server', 'slug', 'title'],
    additionalProperties: false,
  },

  async execute({ config, idempotencyKey, fetch, log }) {
    const url = pageUrl(config);
    const page = { title: config.title, text: config.text ?? '', key: idempotencyKey };
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    // The context's fetch obeys cancel and timeout, and counts into the execution's metrics.
    const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(page) }).catch((error) => {
      throw Object.assign(new Error(`${url} cannot be reached`, { cause: error }), { code: 'UNREACHABLE' });
    });
    if (!response.ok) {
      const error = new Error(`${url} was refused with ${response.status}`);
      // An answer of the service itself: surely there is no new page. Without `effect` its outcome would be unknown.
      throw Object.assign(error, { code: 'PAGE_REFUSED', status: response.status, effect: 'none' });
    }
    log('info', `published ${url}`, { status: response.status });
    return { outputs: { url, key: idempotencyKey } };
  },

  /** Is the page of this very run there? */
  async probe({ config, idempotencyKey, fetch }) {
    const url = pageUrl(config);
    const response = await fetch(url);
    if (response.status === 404) return { happened: false };
    if (!response.ok) return { happened: 'unknown' };
    const { key } = await response.json();
    return key === idempotencyKey ? { happened: true, outputs: { url, key } } : { happened: false };
  },

  /** May be called more than once: a page that is gone already is no error. */
  async rollback({ config, fetch }) {
    const url = pageUrl(config);
    const response = await fetch(url, { method: 'DELETE' });
    if (!response.ok && response.status !== 404) {
      throw Object.assign(new Error(`${url} was not taken down: ${response.status}`), { code: 'PAGE_REFUSED' });
    }
  },
};

function pageUrl({ server, slug }) {
  return new URL(`/pages/${encodeURIComponent(slug)}`, server).href;
}
