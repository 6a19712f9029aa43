import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeContext } from '../../test/support/node-context.js';
import { ConfigError } from '../config/env.js';
import { NodeRegistry } from './node-registry.js';
import { registerOwnNodeTypes } from './own-node-types.js';

let folder: string;

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'retrace-own-types-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (file: string, text: string) => writeFile(join(folder, file), text);

/** A type's object as source text; `more` comes last and so wins. */
const typeText = (type: string, more = '') => `{
  type: ${JSON.stringify(type)}, name: 'Mine', category: 'mine', description: 'Does it.', version: '1.0.0', effect: 'pure',
  configSchema: { type: 'object' }, execute: () => ({ outputs: { from: ${JSON.stringify(type)} } }), ${more}
}`;

async function load(): Promise<NodeRegistry> {
  const registry = new NodeRegistry();
  await registerOwnNodeTypes(registry, folder);
  return registry;
}

async function problemsOf(loading: Promise<unknown>): Promise<readonly string[]> {
  const error = await loading.catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`No ConfigError, but ${String(error)}`);
  return error.problems;
}

function namesOf(registry: NodeRegistry): string[] {
  const known = new NodeRegistry().list().map(({ type }) => type);
  return registry.list().flatMap(({ type }) => (known.includes(type) ? [] : [type]));
}

describe('the folder of own node types', () => {
  it('gives the types of every module, one or a list, ESM or CommonJS, in the order of the names', async () => {
    await put('c.mjs', `export default ${typeText('esm', "aliases: ['esm-alias']")};`);
    await put('b.cjs', `module.exports = [${typeText('cjs-1')}, ${typeText('cjs-2')}];`);
    await put(
      'a.cjs',
      `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${typeText('compiled')};`,
    );
    await put('d.mjs', 'export default [];');
    const registry = await load();
    expect(namesOf(registry)).toEqual(['compiled', 'cjs-1', 'cjs-2', 'esm']);
    expect(await registry.get('esm-alias')?.execute(nodeContext())).toEqual({ outputs: { from: 'esm' } });
  });

  it('leaves alone what is no module of its own', async () => {
    for (const file of ['.hidden.mjs', 'a.d.ts', 'a.mjs.map', 'README.md', 'data.json', 'old.mjs.bak']) {
      await put(file, 'this is no JavaScript');
    }
    await mkdir(join(folder, 'shared.js'));
    await put('shared.js/names.mjs', `export const type = 'shared';`);
    await put('a.mjs', `import { type } from './shared.js/names.mjs'; export default { ...${typeText('x')}, type };`);
    expect(namesOf(await load())).toEqual(['shared']);
  });

  it('may be empty', async () => {
    expect(namesOf(await load())).toEqual([]);
  });

  it('takes an object of a class, with its methods', async () => {
    await put(
      'a.mjs',
      `class Mine {
         constructor(fields) { Object.assign(this, fields); }
         execute() { return { outputs: { from: this.type } }; }
       }
       const { execute, ...fields } = ${typeText('of-a-class')};
       export default Object.freeze(new Mine(fields));`,
    );
    const registry = await load();
    expect(await registry.get('of-a-class')?.execute(nodeContext())).toEqual({ outputs: { from: 'of-a-class' } });
  });

  it('takes what the README shows', async () => {
    const [, source = ''] = /```js\n(\/\/ node-types[^]*?)```/.exec(await readFile('README.md', 'utf8')) ?? [];
    await put('readme.mjs', source);
    const type = (await load()).get('slugify');
    expect(await type?.execute(nodeContext({ title: 'At last: eggs' }))).toEqual({ outputs: { slug: 'at-last-eggs' } });
  });

  it('must be there', async () => {
    const gone = join(folder, 'gone');
    expect(await problemsOf(registerOwnNodeTypes(new NodeRegistry(), gone))).toEqual([
      `NODE_TYPES_DIR: ${gone}: there is no such folder`,
    ]);
    await put('file', '');
    const file = join(folder, 'file');
    expect(await problemsOf(registerOwnNodeTypes(new NodeRegistry(), file))).toEqual([
      `NODE_TYPES_DIR: ${file}: it cannot be read (ENOTDIR)`,
    ]);
  });
});

describe('a module that cannot be used', () => {
  const esm = (more: string) => `export default ${typeText('mine', more)};`;

  it.each([
    ['is no JavaScript', 'export default {', /SyntaxError: .* \(`node --check bad\.mjs` shows where\)$/],
    ['throws', `throw new Error('no licence\\nfor you')`, /^NODE_TYPES_DIR: bad\.mjs: no licence$/],
    ['throws a text', `throw 'nothing'`, /: nothing$/],
    ['imports what is not there', `import './gone.mjs'; export default 1;`, /gone\.mjs/],
    ['exports nothing', 'export const type = 1;', /: it has no default export$/],
    ['exports no type', 'export default 7;', /: must be object$/],
    ['exports null', 'export default null;', /: must be object$/],
    ['exports a function', 'export default () => 1;', /: must be object$/],
    ['has a list with something else in it', `export default [${typeText('a')}, 'b'];`, /: 1 must be object$/],
    ['lacks fields', `export default { type: 'mine' };`, /name is required; category is required; description is req/],
    ['has no execute', esm('execute: undefined'), /: execute is required$/],
    ['has an execute that is no function', esm(`execute: 'x'`), /: execute must be a function$/],
    ['has no name of its type', esm(`type: ''`), /: type must match format "name without spaces"$/],
    ['has a blank name', esm(`name: ' '`), /: name must match format "text"$/],
    ['has spaces in its alias', esm(`aliases: ['a b']`), /: aliases\.0 must match format "name without spaces"$/],
    ['has no version', esm(`version: '1'`), /: version must match format "semantic version"$/],
    ['has a number for a version', esm('version: 1'), /: version must be string$/],
    ['has an unknown effect', esm(`effect: 'none'`), /: effect must be one of "pure", "idempotent", "external"$/],
    ['has a schema that is none', esm(`configSchema: true`), /: configSchema must be object$/],
    ['has a schema with a wrong type', esm(`configSchema: { type: 'strnig' }`), /: Node type "mine": type must be/],
    [
      'has a schema with an unknown word',
      esm(`configSchema: { propertes: {} }`),
      /"mine": strict mode: unknown keyword/,
    ],
    ['has a schema that leads outside', esm(`configSchema: { $ref: 'http://x/y' }`), /"mine": can't resolve reference/],
    ['has a bad schema of its compensation', esm(`rollback() {}, rollbackSchema: { type: 1 }`), /"mine": type must be/],
    ['has a schema that contains itself', `const s = {}; s.not = s; ${esm('configSchema: s')}`, /nested deeper than/],
    ['has bad ports', esm(`ports: 'yes'`), /: ports must be array$/],
    ['has ports that are no texts', esm(`ports: [1]`), /: ports\.0 must be string$/],
    ['has a bad limit', esm('timeout: 0'), /: timeout must be >= 1$/],
    [
      'has a bad retry',
      esm('retry: { maxRetrys: 1 }'),
      /: retry\.maxRetrys is not known; did you mean "maxRetries"\?$/,
    ],
    ['has an unknown field', esm('rollBack() {}'), /: rollBack is not known; did you mean "rollback"\?$/],
    ['has a rollback that is no function', esm('rollback: {}'), /: rollback must be a function$/],
    ['has parameters for no compensation', esm('rollbackSchema: {}'), /must have property rollback when property/],
    ['wants to be probed and cannot', esm(`onInterrupted: 'probe'`), /: probe is required$/],
    ['acts outside and is cached', esm(`effect: 'external', cacheable: true`), /: effect must be "pure"$/],
    ['takes a name that is built in', esm(`type: 'delay'`), /: There is a node type "delay" already$/],
    [
      'takes an alias that is built in',
      esm(`aliases: ['http-request']`),
      /: There is a node type "http-request" already$/,
    ],
    [
      'gives two of one name',
      `export default [${typeText('a')}, ${typeText('a')}];`,
      /: There is a node type "a" already$/,
    ],
  ])('%s: the error names the file and the reason', async (_what, source, reason) => {
    await put('bad.mjs', source);
    const [problem, ...more] = await problemsOf(load());
    expect(problem).toMatch(/^NODE_TYPES_DIR: bad\.mjs: [^\n]+$/);
    expect(problem).toMatch(reason);
    expect(more).toEqual([]);
  });

  it('is CommonJS and broken: the same', async () => {
    await put('bad.cjs', `require('no-such-package');`);
    const [problem] = await problemsOf(load());
    expect(problem).toMatch(/^NODE_TYPES_DIR: bad\.cjs: Cannot find module 'no-such-package'[^\n]*$/);
  });

  it('takes the name of another one: the later file is named', async () => {
    await put('a.mjs', `export default ${typeText('mine')};`);
    await put('b.mjs', `export default ${typeText('mine')};`);
    expect(await problemsOf(load())).toEqual(['NODE_TYPES_DIR: b.mjs: There is a node type "mine" already']);
  });

  it('is named beside every other one', async () => {
    await put('b.mjs', 'export default 1;');
    await put('a.mjs', 'export const nothing = 1;');
    expect(await problemsOf(load())).toEqual([
      'NODE_TYPES_DIR: a.mjs: it has no default export',
      'NODE_TYPES_DIR: b.mjs: must be object',
    ]);
  });

  it('is a link to nothing: the link is named', async () => {
    await symlink('gone', join(folder, 'bad.mjs'));
    expect(await problemsOf(load())).toEqual([expect.stringMatching(/^NODE_TYPES_DIR: bad\.mjs: /)]);
  });

  it('never comes to the end of its loading: the start does not wait for ever', async () => {
    await put('slow.mjs', 'await new Promise(() => setTimeout(() => undefined, 1)); export default 1;');
    expect(await problemsOf(registerOwnNodeTypes(new NodeRegistry(), folder, 50))).toEqual([
      'NODE_TYPES_DIR: slow.mjs: it is still loading after 0.05 s: does it await something that never comes?',
    ]);
  });
});
