import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** The syntax trees of the TypeScript files below a folder of the repository whose paths are wanted. */
export function sourcesIn(folder: string, isWanted: (path: string) => boolean): ts.SourceFile[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`);
  return paths
    .filter((path) => path.endsWith('.ts') && isWanted(path))
    .map((path) => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest));
}
