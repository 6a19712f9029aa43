import { startTestServer, type TestServer } from '../../test/support/test-server.js';
import { NodesModule } from './nodes.module.js';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({}, NodesModule);
});

afterAll(() => server.close());

describe('GET /node-types', () => {
  it('lists every type with its schemas', async () => {
    const { status, body } = await server.call<{ nodeTypes: { type: string }[]; count: number }>('GET', '/node-types');
    expect(status).toBe(200);
    expect(body.data.count).toBe(body.data.nodeTypes.length);
    expect(body.data.nodeTypes).toHaveLength(14);
    const find = (type: string) => body.data.nodeTypes.find((nodeType) => nodeType.type === type);
    expect(find('condition')).toEqual({
      type: 'condition',
      aliases: [],
      name: 'Condition',
      category: 'flow',
      description: expect.any(String) as string,
      version: '1.0.0',
      effect: 'pure',
      ports: ['true', 'false'],
      configSchema: expect.objectContaining({ required: ['expression'] }) as object,
      rollbackSchema: null,
    });
    expect(find('external-api')).toMatchObject({
      aliases: ['http-request'],
      effect: 'external',
      ports: [],
      rollbackSchema: { required: ['method', 'url'] },
    });
    expect(find('switch')).toMatchObject({ ports: null });
  });

  it('takes no parameters', async () => {
    expect((await server.call('GET', '/node-types?x=1')).status).toBe(400);
  });
});
