import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeContext, type TestNodeContext } from '../../../test/support/node-context.js';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import type { NodeContext, NodeOutput, NodeType } from '../../engine/ports.js';
import { createFileWriteNode } from './file-write-node.js';
import { FilesFolder } from './files-folder.js';

let root: string;
let node: NodeType;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'retrace-files-'));
  node = createFileWriteNode(new FilesFolder(root));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const put = (path: string, text: string) => writeFile(join(root, path), text);
const content = (path: string) => readFile(join(root, path), 'utf8');
/** What lies in the folder, without what the engine keeps. */
const names = async (path = '.') => (await readdir(join(root, path))).filter((name) => name !== '.retrace').sort();

async function write(config: JsonObject, given: Partial<NodeContext> = {}): Promise<JsonObject> {
  const result = (await node.execute(nodeContext(config, given))) as NodeOutput;
  return result.outputs as JsonObject;
}

/** Undoes what a run has written; the config is what a journal may have left of it. Gives the lines that it logged. */
async function undo(given: Partial<NodeContext & { outputs: JsonObject | undefined }> = {}): Promise<string[]> {
  const context: TestNodeContext = nodeContext({ path: '***' }, given);
  await node.rollback?.({ ...context, outputs: { path: 'x', bytes: 1 }, rollback: {}, ...given });
  return context.lines.map(({ level, message }) => `${level}: ${message}`);
}

describe('undoing a file-write node that replaced a file', () => {
  it('puts back its content and its permissions, once or twice', async () => {
    await put('x', 'before');
    await chmod(join(root, 'x'), 0o600);
    await write({ path: 'x', content: 'after' });
    expect(await undo()).toEqual([]);
    expect(await content('x')).toBe('before');
    expect((await stat(join(root, 'x'))).mode & 0o777).toBe(0o600);
    expect(await undo()).toEqual([]);
    expect(await content('x')).toBe('before');
    expect(await names()).toEqual(['x']);
  });

  it('touches nothing any more once it is done', async () => {
    await put('x', 'before');
    await write({ path: 'x', content: 'after' });
    await undo();
    await put('x', 'by somebody later');
    expect(await undo()).toEqual([]);
    expect(await content('x')).toBe('by somebody later');
  });

  it('deletes it when there was none, and the folders that were made for it', async () => {
    await mkdir(join(root, 'a'));
    await write({ path: 'a/b/c/x', content: 'new' });
    await undo();
    expect(await names('a')).toEqual([]);
    await undo();
    expect(await names()).toEqual(['a']);
  });

  it('leaves such a folder when something else lies in it by now', async () => {
    await write({ path: 'a/b/x', content: 'new' });
    await put('a/other', 'text');
    await undo();
    expect(await names('a')).toEqual(['other']);
  });

  it('goes back node by node and run by run, each to what was there before it', async () => {
    await put('x', '0');
    const runs = [{ nodeId: 'a' }, { nodeId: 'b' }, { nodeId: 'b', run: 2 }, { executionId: 'exec_2', nodeId: 'a' }];
    for (const [index, run] of runs.entries()) await write({ path: 'x', content: String(index + 1) }, run);
    for (const [index, run] of [...runs.entries()].reverse()) {
      await undo(run);
      expect(await content('x')).toBe(String(index));
    }
  });

  it('goes back to before the first attempt, however many there were', async () => {
    await put('x', 'before');
    await write({ path: 'x', content: 'first' });
    await write({ path: 'x', content: 'second' }, { attempt: 2 });
    expect(await undo()).toEqual([]);
    expect(await content('x')).toBe('before');
  });

  it('takes back each file, when a repeat has written another one', async () => {
    await put('b', 'before');
    await write({ path: 'a', content: '1' });
    await write({ path: 'b', content: '2' }, { attempt: 2 });
    await undo();
    expect(await names()).toEqual(['b']);
    expect(await content('b')).toBe('before');
  });

  it.each([
    ['changed', () => put('x', 'other'), 'was changed'],
    ['removed', () => rm(join(root, 'x')), 'was removed'],
  ])('puts it back too when it was %s since, and says so', async (_what, change, words) => {
    await put('x', 'before');
    await write({ path: 'x', content: 'after' });
    await change();
    expect(await undo()).toEqual([`warn: x: ${words} since the node wrote it; it is as before the node all the same`]);
    expect(await content('x')).toBe('before');
  });

  it('deletes it too when it was changed since, and says so; one that is gone already is nothing to tell', async () => {
    await write({ path: 'x', content: 'after' });
    await write({ path: 'y', content: 'after' }, { nodeId: 'y' });
    await put('x', 'other');
    await rm(join(root, 'y'));
    expect(await undo()).toHaveLength(1);
    expect(await undo({ nodeId: 'y' })).toEqual([]);
    expect(await names()).toEqual([]);
  });

  it('makes the folders anew when they are gone', async () => {
    await mkdir(join(root, 'a'));
    await put('a/x', 'before');
    await write({ path: 'a/x', content: 'after' });
    await rm(join(root, 'a'), { recursive: true });
    await undo();
    expect(await content('a/x')).toBe('before');
  });

  it('fails and leaves all as it is where a link or a folder stands now', async () => {
    await put('x', 'before');
    await write({ path: 'x', content: 'after' });
    await write({ path: 'a/y', content: 'after' }, { nodeId: 'y' });
    await rm(join(root, 'x'));
    await mkdir(join(root, 'x'));
    await rm(join(root, 'a'), { recursive: true });
    await symlink('/tmp', join(root, 'a'));
    await expect(undo()).rejects.toMatchObject({ code: 'FILE_IS_DIRECTORY' });
    await expect(undo({ nodeId: 'y' })).rejects.toMatchObject({ code: 'FILE_OUTSIDE' });
    expect(await names('x')).toEqual([]);
  });

  it('gives back what is larger than memory should hold at once', async () => {
    const before = 'abcdefghij'.repeat(2_000_000);
    await put('x', before);
    await write({ path: 'x', content: 'after' });
    await undo();
    expect((await content('x')) === before).toBe(true);
  });
});

describe('undoing a file-write node that added to a file', () => {
  const append = (text: string, given: Partial<NodeContext> = {}) =>
    write({ path: 'log', content: text, append: true }, given);

  it('takes it out, once or twice', async () => {
    await put('log', 'a\n');
    await append('b\n');
    await undo();
    expect(await content('log')).toBe('a\n');
    await undo();
    expect(await content('log')).toBe('a\n');
  });

  it('leaves what others have added since, before and behind', async () => {
    await put('log', 'a\n');
    await append('b\n', { nodeId: 'b' });
    await append('mine\n');
    await append('c\n', { nodeId: 'c' });
    await chmod(join(root, 'log'), 0o640);
    await undo();
    expect(await content('log')).toBe('a\nb\nc\n');
    expect((await stat(join(root, 'log'))).mode & 0o777).toBe(0o640);
    await undo({ nodeId: 'b' });
    expect(await content('log')).toBe('a\nc\n');
    expect(await names()).toEqual(['log']);
  });

  it('finds it where it moved to behind what another server added at the same moment', async () => {
    await append('mine\n');
    const text = `${'x'.repeat(200_000)}\n`;
    await put('log', `${text}mine\n`);
    await undo();
    expect(await content('log')).toBe(text);
  });

  it('deletes the file that it began, unless something else is in it', async () => {
    await append('a\n', { nodeId: 'a' });
    await append('b\n', { nodeId: 'b' });
    await undo({ nodeId: 'a' });
    expect(await content('log')).toBe('b\n');
    await undo({ nodeId: 'b' });
    expect(await names()).toEqual(['log']);
    await write({ path: 'new/log', content: 'a', append: true }, { nodeId: 'c' });
    await undo({ nodeId: 'c' });
    expect(await names()).toEqual(['log']);
  });

  it('takes nothing out that is not there any more, and says so', async () => {
    await put('log', 'a\n');
    await append('mine\n');
    await put('log', 'quite another text\n');
    expect(await undo()).toEqual([
      'warn: log: what the node had added is not in the file any more; nothing was taken out',
    ]);
    expect(await content('log')).toBe('quite another text\n');
    await rm(join(root, 'log'));
    expect(await undo()).toEqual([]);
  });
});

describe('an attempt to append that is repeated under the same key', () => {
  it('adds nothing when the first one had come to its end', async () => {
    await put('log', 'a\n');
    await write({ path: 'log', content: '10:00 b\n', append: true });
    expect(await write({ path: 'log', content: '10:01 b, again\n', append: true }, { attempt: 2 })).toEqual({
      path: 'log',
      bytes: 8,
    });
    expect(await content('log')).toBe('a\n10:00 b\n');
  });

  it('adds it whole when the first one had broken off in the middle', async () => {
    await put('log', 'a\n');
    await write({ path: 'log', content: 'long line\n', append: true });
    await put('log', 'a\nlong');
    await write({ path: 'log', content: 'long line\n', append: true }, { attempt: 2 });
    expect(await content('log')).toBe('a\nlong line\n');
    await undo();
    expect(await content('log')).toBe('a\n');
  });

  it('adds it behind what others have added meanwhile', async () => {
    await put('log', 'a\n');
    await write({ path: 'log', content: 'mine\n', append: true });
    await put('log', 'a\nother\n');
    await write({ path: 'log', content: 'mine\n', append: true }, { attempt: 2 });
    expect(await content('log')).toBe('a\nother\nmine\n');
    await undo();
    expect(await content('log')).toBe('a\nother\n');
  });
});

describe('what is kept', () => {
  it('goes with its execution, and nothing of others', async () => {
    await put('x', 'before');
    for (const executionId of ['exec_1', 'exec_2']) await write({ path: 'x', content: executionId }, { executionId });
    const kept = await readdir(join(root, '.retrace'));
    expect(kept).toHaveLength(2);
    await node.forget?.(['exec_1', 'exec_never', '..', '../..']);
    expect(await readdir(join(root, '.retrace'))).toHaveLength(1);
    expect(await content('x')).toBe('exec_2');
    await undo({ executionId: 'exec_2' });
    expect(await content('x')).toBe('exec_1');
  });

  it('is missed when a node that has written is undone, and not when nothing was written', async () => {
    await put('x', 'before');
    await write({ path: 'x', content: 'after' });
    await node.forget?.(['exec_1']);
    await expect(undo()).rejects.toMatchObject({
      code: 'FILE_ERROR',
      message: 'What was there before is not kept any more',
    });
    expect(await undo({ outputs: undefined })).toEqual([]);
    expect(await content('x')).toBe('after');
  });

  it('is on the disk before anything is written: an attempt cut off in between is undone without a word', async () => {
    await put('x', 'before');
    const controller = new AbortController();
    const { signal } = controller;
    const cutOff = write({ path: 'x', content: 'after' }, { signal });
    while ((await readdir(root)).length < 2) await new Promise(setImmediate);
    controller.abort(new NodeError('CANCELLED', 'cut off'));
    await cutOff.catch(() => undefined);
    expect(await undo({ outputs: undefined })).toEqual([]);
    expect(await content('x')).toBe('before');
    await appendFile(join(root, 'x'), '!');
    expect(await names()).toEqual(['x']);
  });

  it('is for the eyes of the server alone', async () => {
    await write({ path: 'x', content: 'a' });
    expect((await stat(join(root, '.retrace'))).mode & 0o777).toBe(0o700);
  });

  it('leaves no half-written file of a killed attempt behind when the next one comes', async () => {
    await write({ path: 'x', content: 'first' });
    const [execution = ''] = await readdir(join(root, '.retrace'));
    const [kept = ''] = await readdir(join(root, '.retrace', execution));
    await put(`.retrace-${kept.split('.')[0]}-1`, 'half');
    await write({ path: 'x', content: 'second' }, { attempt: 2 });
    expect(await names()).toEqual(['x']);
  });
});

it('a file-write node that was cut off is repeated, one with append asks a person', () => {
  const { onInterrupted } = node;
  if (typeof onInterrupted !== 'function') throw new Error('It depends on the config');
  expect(onInterrupted({ path: 'x' })).toBe('retry');
  expect(onInterrupted({ path: 'x', append: false })).toBe('retry');
  expect(onInterrupted({ path: 'x', append: true })).toBe('ask');
  expect(onInterrupted({ path: 'x', append: '{{ inputs.append }}' })).toBe('ask');
});
