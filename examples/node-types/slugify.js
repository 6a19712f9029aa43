/**
 * A node type that computes: the name of a page in a URL, made of its title.
 *
 * It is `pure`: the same config gives the same outputs, and nothing outside changes. So its runs cost next to nothing, its
 * outputs may be reused (`cacheable`), and there is nothing to undo.
 *
 * @type {import('../../src/engine/ports.js').NodeType}
 */
export default {
  type: 'slugify',
  name: 'Slugify',
  category: 'text',
  description: 'Makes the name of a page in a URL of a title: "Crème brûlée!" is creme-brulee.',
  version: '1.0.0',
  effect: 'pure',
  cacheable: true,
  outputNames: ['slug'],
  // JSON Schema 2020-12. A workflow may have an expression in place of any value; what comes of it is checked again.
  configSchema: {
    type: 'object',
    properties: {
      title: { type: 'string', minLength: 1 },
      maxLength: { type: 'integer', minimum: 1, default: 60 },
    },
    required: ['title'],
    additionalProperties: false,
  },
  execute({ config }) {
    const title = /** @type {string} */ (config.title);
    const plain = title.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
    const words = plain.match(/[\p{L}\p{N}]+/gu);
    // The code is what a workflow's retryableErrors and error edges see.
    if (!words) throw Object.assign(new Error(`"${title}" has no letter in it`), { code: 'NO_SLUG' });
    const slug = words.join('-').slice(0, Number(config.maxLength ?? 60));
    return { outputs: { slug: slug.replace(/-$/, '') } };
  },
};
