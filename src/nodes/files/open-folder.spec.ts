import { constants } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenFolder } from './open-folder.js';

let parent: string;

beforeEach(async () => (parent = await mkdtemp(join(tmpdir(), 'retrace-files-'))));
afterEach(() => rm(parent, { recursive: true, force: true }));

it('a folder that is held stays the same, whatever gets its name', async () => {
  const outside = join(parent, 'outside');
  for (const [folder, text] of [
    ['root/a', 'mine'],
    ['outside', 'secret'],
  ] as const) {
    await mkdir(join(parent, folder), { recursive: true });
    await writeFile(join(parent, folder, 'x'), text);
  }
  const root = await OpenFolder.open(join(parent, 'root'));
  const held = await root.enter('a');
  await rename(join(parent, 'root', 'a'), join(parent, 'root', 'moved'));
  await symlink(outside, join(parent, 'root', 'a'));

  expect(await held.withFile('x', constants.O_RDONLY, (file) => file.readFile('utf8'))).toBe('mine');
  await held.rename('x', 'y');
  await held.make('b');
  expect(await held.names()).toEqual(['b', 'y']);
  expect(await readdir(outside)).toEqual(['x']);
  await expect(root.enter('a')).rejects.toMatchObject({ code: 'ENOTDIR' });
  await held.close();
  await root.close();
});
