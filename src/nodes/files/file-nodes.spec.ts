import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeContext } from '../../../test/support/node-context.js';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import type { NodeContext, NodeOutput, NodeType } from '../../engine/ports.js';
import { createFileReadNode } from './file-read-node.js';
import { createFileWriteNode } from './file-write-node.js';
import { FilesFolder } from './files-folder.js';

let parent: string;
let root: string;
let readNode: NodeType;
let writeNode: NodeType;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'retrace-files-'));
  root = join(parent, 'files');
  const files = new FilesFolder(root);
  readNode = createFileReadNode(files);
  writeNode = createFileWriteNode(files);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

async function run(type: NodeType, config: JsonObject, given: Partial<NodeContext> = {}): Promise<JsonObject> {
  const result = (await type.execute(nodeContext(config, given))) as NodeOutput;
  return result.outputs as JsonObject;
}

const read = (config: JsonObject, given?: Partial<NodeContext>) => run(readNode, config, given);
const write = (config: JsonObject, given?: Partial<NodeContext>) => run(writeNode, config, given);

async function failure(step: Promise<unknown>): Promise<NodeError> {
  const error = await step.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof NodeError)) throw new Error(`No NodeError, but ${String(error)}`);
  expect(error.message).not.toContain(parent);
  return error;
}

/** What a file of the folder holds. */
const content = (path: string) => readFile(join(root, path), 'utf8');
/** What lies in the folder, without what the engine keeps. */
const names = async (path = '.') => (await readdir(join(root, path))).filter((name) => name !== '.retrace').sort();

describe('file-write nodes and file-read nodes', () => {
  it('write content at path, make the folders for it, and read it back with path and bytes', async () => {
    expect(await write({ path: 'a/b/note.txt', content: 'grüße 你好\n' })).toEqual({ path: 'a/b/note.txt', bytes: 15 });
    expect(await content('a/b/note.txt')).toBe('grüße 你好\n');
    expect(await read({ path: './a//b/note.txt' })).toEqual({
      path: 'a/b/note.txt',
      bytes: 15,
      content: 'grüße 你好\n',
    });
  });

  it.each([
    [{ a: [1, 'b'] }, '{"a":[1,"b"]}'],
    [[1, null], '[1,null]'],
    [42, '42'],
    [false, 'false'],
    [null, 'null'],
    ['', ''],
  ])('writes %j as its JSON, a text as it is', async (value, text) => {
    await write({ path: 'x', content: value });
    expect(await content('x')).toBe(text);
  });

  it.each([
    ['base64', 'AP/+gA==', [0, 255, 254, 128]],
    ['base64', 'AP_-\ngA', [0, 255, 254, 128]],
    ['hex', '00fFfe80', [0, 255, 254, 128]],
    ['latin1', 'grün', [103, 114, 252, 110]],
    ['utf-8', 'ü', [195, 188]],
  ])('write and read bytes by encoding %s', async (encoding, text, bytes) => {
    expect(await write({ path: 'x', content: text, encoding })).toEqual({ path: 'x', bytes: bytes.length });
    expect([...(await readFile(join(root, 'x')))]).toEqual(bytes);
    const again = await read({ path: 'x', encoding });
    await write({ path: 'y', content: again.content, encoding });
    expect([...(await readFile(join(root, 'y')))]).toEqual(bytes);
  });

  it.each([
    ['no base64!', 'base64', 'content: is no base64'],
    ['A', 'base64', 'content: is no base64'],
    ['abc', 'hex', 'content: is no hex'],
    ['€', 'latin1', 'content: has a character that is not in Latin-1'],
    ['\ud800', 'utf8', 'content: has half a character (a lone surrogate) in it'],
    [7, 'base64', 'content: wants a text in base64'],
  ])(
    'refuse with INVALID_CONFIG to write %j by encoding %s rather than something else',
    async (value, encoding, message) => {
      const error = await failure(write({ path: 'x', content: value, encoding }));
      expect(error).toMatchObject({ code: 'INVALID_CONFIG', message, effect: 'none' });
      await expect(readdir(root)).rejects.toThrow('ENOENT');
    },
  );

  it('refuse with FILE_NOT_TEXT to read what is no UTF-8 as such, and say what helps', async () => {
    await write({ path: 'x', content: 'ff', encoding: 'hex' });
    expect(await failure(read({ path: 'x' }))).toMatchObject({
      code: 'FILE_NOT_TEXT',
      message: 'x: is no UTF-8 text; read it with encoding latin1, base64 or hex',
    });
    expect(await read({ path: 'x', encoding: 'latin1' })).toMatchObject({ content: 'ÿ' });
  });

  it('with append add to a file, or begin it', async () => {
    await write({ path: 'log', content: 'a\n', append: true }, { nodeId: 'one' });
    expect(await write({ path: 'log', content: 'b\n', append: true }, { nodeId: 'two' })).toEqual({
      path: 'log',
      bytes: 2,
    });
    expect(await content('log')).toBe('a\nb\n');
  });

  it('append whole lines from many nodes at once', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);
    await Promise.all(
      lines.map((line, index) => write({ path: 'log', content: line, append: true }, { nodeId: `n${index}` })),
    );
    expect(await content('log')).toBe(lines.join(''));
  });

  it('replace a file whole and keep its permissions: whoever reads meanwhile sees one content or the other', async () => {
    const contents = ['a', 'b'].map((letter) => letter.repeat(3 * 1024 * 1024));
    await write({ path: 'x', content: contents[0] as string });
    await chmod(join(root, 'x'), 0o640);
    let writing = true;
    const seen = new Set<string>();
    const reader = (async () => {
      while (writing) seen.add((await read({ path: 'x' })).content as string);
    })();
    for (let round = 1; round <= 6; round += 1) {
      await write({ path: 'x', content: contents[round % 2] as string }, { nodeId: `n${round}` });
    }
    writing = false;
    await reader;
    expect([...seen].filter((text) => !contents.includes(text))).toEqual([]);
    expect((await stat(join(root, 'x'))).mode & 0o777).toBe(0o640);
    expect(await names()).toEqual(['x']);
  });

  it('do nothing when told to end before', async () => {
    await write({ path: 'x', content: 'before' });
    const controller = new AbortController();
    controller.abort(new NodeError('TIMEOUT', 'late'));
    const { signal } = controller;
    for (const config of [
      { path: 'x', content: 'y' },
      { path: 'x', content: 'y', append: true },
    ]) {
      expect(await failure(write(config, { signal }))).toMatchObject({ code: 'TIMEOUT', effect: 'none' });
    }
    expect(await failure(read({ path: 'x' }, { signal }))).toMatchObject({ code: 'TIMEOUT' });
    expect(await content('x')).toBe('before');
  });

  it('tell of a file that is not there by FILE_NOT_FOUND, of a folder by FILE_IS_DIRECTORY, and of a file where a folder should be by FILE_ERROR', async () => {
    expect(await failure(read({ path: 'x' }))).toMatchObject({ code: 'FILE_NOT_FOUND', effect: 'none' });
    await write({ path: 'a/x', content: '' });
    expect(await failure(read({ path: 'a/y' }))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'a/y: no such file or directory (ENOENT)',
      details: { path: 'a/y', errno: 'ENOENT' },
    });
    for (const step of [() => read({ path: 'a' }), () => write({ path: 'a', content: '' })]) {
      expect(await failure(step())).toMatchObject({ code: 'FILE_IS_DIRECTORY', effect: 'none' });
    }
    for (const step of [() => read({ path: 'a/x/y' }), () => write({ path: 'a/x/y', content: '' })]) {
      expect(await failure(step())).toMatchObject({
        code: 'FILE_ERROR',
        message: 'a/x/y: not a directory (ENOTDIR)',
        effect: 'none',
      });
    }
    expect(await failure(write({ path: 'n'.repeat(300), content: '' }))).toMatchObject({
      code: 'FILE_ERROR',
      details: { errno: 'ENAMETOOLONG' },
    });
  });

  it('read at most 10 MiB, else OUTPUT_TOO_LARGE', async () => {
    await mkdir(root);
    await writeFile(join(root, 'large'), Buffer.alloc(10 * 1024 * 1024 + 1, 'x'));
    expect(await failure(read({ path: 'large' }))).toMatchObject({
      code: 'OUTPUT_TOO_LARGE',
      message: 'large: is larger than 10 MiB',
    });
  });
});

describe('the path of file-write nodes and file-read nodes', () => {
  it.each([
    ['..', 'FILE_OUTSIDE'],
    ['../x', 'FILE_OUTSIDE'],
    ['a/../../x', 'FILE_OUTSIDE'],
    ['a/..', 'FILE_OUTSIDE'],
    ['./../files2/x', 'FILE_OUTSIDE'],
    ['/etc/passwd', 'FILE_OUTSIDE'],
    ['//etc/passwd', 'FILE_OUTSIDE'],
    ['/proc/self/cwd/x', 'FILE_OUTSIDE'],
    ['', 'INVALID_CONFIG'],
    ['.', 'INVALID_CONFIG'],
    ['./', 'INVALID_CONFIG'],
    ['a/', 'INVALID_CONFIG'],
    ['a\0b', 'INVALID_CONFIG'],
    ['../x\0.txt', 'INVALID_CONFIG'],
    ['..\\x', 'INVALID_CONFIG'],
    ['C:\\x', 'INVALID_CONFIG'],
    ['.retrace', 'INVALID_CONFIG'],
    ['.retrace/x', 'INVALID_CONFIG'],
    ['a/.retrace-x', 'INVALID_CONFIG'],
    ['.RETRACE/x', 'INVALID_CONFIG'],
    ['./.Retrace/x', 'INVALID_CONFIG'],
    ['~/x', 'FILE_NOT_FOUND'],
    ['%2e%2e/x', 'FILE_NOT_FOUND'],
    ['file:///etc/passwd', 'FILE_NOT_FOUND'],
    ['.../x', 'FILE_NOT_FOUND'],
    [' ../x', 'FILE_NOT_FOUND'],
  ])('%j is %s', async (path, code) => {
    await writeFile(join(parent, 'x'), 'secret');
    await mkdir(root);
    expect(await failure(read({ path }))).toMatchObject({ code, effect: 'none' });
    if (code === 'FILE_NOT_FOUND') await write({ path, content: 'mine' });
    else expect(await failure(write({ path, content: 'mine' }))).toMatchObject({ code, effect: 'none' });
    expect(await readdir(parent)).toEqual(['files', 'x']);
    expect(await readFile(join(parent, 'x'), 'utf8')).toBe('secret');
  });

  it('leads nowhere by a link, be it to a file, a folder, nothing, itself or something within', async () => {
    const outside = join(parent, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'x'), 'secret');
    await write({ path: 'a/within', content: 'within' });
    const links = [
      ['file', join(outside, 'x')],
      ['relative', '../outside/x'],
      ['folder', outside],
      ['a/deep', outside],
      ['dangling', join(outside, 'new')],
      ['loop', 'loop'],
      ['root', '/'],
      ['self', '/proc/self'],
      ['inside', 'a/within'],
      ['up', '..'],
      ['kept', '.retrace'],
    ] as const;
    for (const [link, target] of links) await symlink(target, join(root, link));
    const below = ['folder/x', 'folder/new/y', 'a/deep/x', 'loop/x', 'root/etc/passwd', 'self/environ', 'up/outside/x'];
    for (const path of [...links.map(([link]) => link), ...below, 'kept/x']) {
      for (const step of [
        () => read({ path }),
        () => write({ path, content: 'mine' }),
        () => write({ path, content: 'mine', append: true }),
      ]) {
        const { code, effect } = await failure(step());
        expect({ path, code, effect }).toEqual({ path, code: 'FILE_OUTSIDE', effect: 'none' });
      }
    }
    expect(await readdir(outside)).toEqual(['x']);
    expect(await readFile(join(outside, 'x'), 'utf8')).toBe('secret');
    expect(await content('a/within')).toBe('within');
  });

  it('leads nowhere by a link that is swapped in again and again while a node reads', async () => {
    const outside = join(parent, 'outside');
    await mkdir(join(outside, 'b'), { recursive: true });
    await writeFile(join(outside, 'b', 'x'), 'secret');
    await write({ path: 'a/b/x', content: 'mine' });
    await symlink(outside, join(root, 'link'));
    const swap = async (from: string, to: string) => rename(join(root, from), join(root, to));
    let swapping = true;
    const swapper = (async () => {
      while (swapping) {
        await swap('a', 'folder');
        await swap('link', 'a');
        await swap('a', 'link');
        await swap('folder', 'a');
      }
    })();
    const seen = new Set<unknown>();
    for (let round = 0; round < 150; round += 1) {
      const outcome = read({ path: 'a/b/x' }).then(
        ({ content: text }) => text,
        (error: NodeError) => error.code,
      );
      seen.add(await outcome);
    }
    swapping = false;
    await swapper;
    expect([...seen]).not.toContain('secret');
  });

  it('names no pipe, socket or device: they hold nobody up', async () => {
    await mkdir(root);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      for (const path of ['pipe', 'socket']) {
        for (const step of [
          () => read({ path }),
          () => write({ path, content: 'x' }),
          () => write({ path, content: 'x', append: true }),
        ]) {
          expect(await failure(step())).toMatchObject({
            code: 'FILE_ERROR',
            message: `${path}: is no regular file`,
            effect: 'none',
          });
        }
      }
    } finally {
      server.close();
    }
  });

  it('begins at a folder that may itself be a link', async () => {
    await mkdir(join(parent, 'elsewhere'));
    await symlink('elsewhere', root);
    await write({ path: 'x', content: 'y' });
    expect(await readFile(join(parent, 'elsewhere', 'x'), 'utf8')).toBe('y');
  });
});
