import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { workflowSchema } from './workflow-schema.js';

const ajv = new Ajv2020({ strictTypes: false });
addFormats.default(ajv);
const matches = ajv.compile(workflowSchema);

const document = {
  name: 'x',
  nodes: [
    { id: 'a', type: 'input' },
    { id: 'b', type: 'log', inputs: { x: { from: 'a', output: 'o.p' } }, retryPolicy: { retryableErrors: ['503'] } },
  ],
  edges: [{ source: 'a', target: 'b', sourceHandle: null }],
  settings: { timeout: 1000 },
  own: true,
};

describe('the JSON Schema of the format', () => {
  it('takes a document, with fields of its own', () => {
    expect(matches(document)).toBe(true);
  });

  it.each([
    { name: ' ' },
    { nodes: [{ id: 'a' }] },
    { nodes: [{ id: '__proto__', type: 'input' }] },
    { nodes: [{ id: 'a', type: 'input', inputs: { x: { from: 'a' } } }] },
    { edges: [{ source: 'a' }] },
    { settings: { retryPolicy: { backoff: 'never' } } },
    { id: 'stats' },
    { metadata: { tags: [1] } },
  ])('refuses %j', (overrides) => {
    expect(matches({ ...document, ...overrides })).toBe(false);
  });
});
