import type { NodeContext, NodeType } from '../ports.js';
import { NodeError } from '../errors.js';
import { DrivenExecution } from '../testing/driven-execution.js';

const SECRET = 'hush-4711';
const HEADERS = {
  Authorization: `Bearer ${SECRET}`,
  Cookie: `session=${SECRET}`,
  'set-cookie': [`session=${SECRET}`],
  'X-Api-Key': SECRET,
};
const URL = `https://ann:${SECRET}@shop.example/?access_token=${SECRET}`;

/** An external type that has secrets in its config and tells them wherever it can. */
const teller = (act: (context: NodeContext) => void = () => {}): NodeType => ({
  type: 'teller',
  name: 'Teller',
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect: 'external',
  execute: (context) => {
    context.log('info', `calls ${URL}`, { headers: HEADERS });
    act(context);
    return { outputs: { done: true } };
  },
});

const node = {
  id: 'a',
  type: 'teller',
  config: { url: URL, headers: HEADERS, password: SECRET, plain: 'seen' },
  retryPolicy: { maxRetries: 0 },
};

describe('secrets of a node', () => {
  it('reach its code, but neither journal nor log: Authorization, Cookie, Set-Cookie and credentials', async () => {
    let seen: unknown;
    const type = teller(({ config }) => {
      seen = config;
    });
    const execution = await DrivenExecution.run(
      { nodes: [node], settings: { verboseLogging: true } },
      { types: [type] },
    );
    expect(seen).toEqual(node.config);
    expect(execution.eventsOf('node:started')).toMatchObject([
      {
        config: {
          url: 'https://***@shop.example/?access_token=***',
          headers: { Authorization: '***', Cookie: '***', 'set-cookie': ['***'], 'X-Api-Key': '***' },
          password: '***',
          plain: 'seen',
        },
      },
    ]);
    expect(JSON.stringify(execution.events)).not.toContain(SECRET);
    expect(JSON.stringify(execution.logEntries)).not.toContain(SECRET);
  });

  it('are masked in its errors too, with message, details and stack', async () => {
    const errors = [
      new NodeError('BROKEN', `no answer of ${URL}`, { details: { headers: HEADERS, at: URL } }),
      new Error(`no answer of ${URL}`),
      `no answer of ${URL}`,
    ];
    for (const thrown of errors) {
      const type = teller(() => {
        throw thrown;
      });
      const execution = await DrivenExecution.run({ nodes: [node] }, { types: [type] });
      expect(execution.node('a').error?.message).toContain('no answer of https://***@shop.example');
      expect(JSON.stringify(execution.events)).not.toContain(SECRET);
      expect(JSON.stringify(execution.logEntries)).not.toContain(SECRET);
    }
  });
});
