/**
 * Lets Node import the TypeScript of this repository: `node --import ./scripts/register-typescript.js some-file.ts`.
 * For development alone: the server itself runs what the build has made.
 */
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
