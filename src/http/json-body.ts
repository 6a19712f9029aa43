import type { FastifyInstance } from 'fastify';
import { EngineError, invalidParams } from '../engine/errors.js';

const DEEPEST = 100;

/**
 * Takes JSON bodies and no others. An empty body counts as none, whatever its type says; `__proto__` and
 * `constructor.prototype` as names are refused, deeper nesting than 100 levels too.
 */
export function registerJsonBody(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined);
    const text = body.toString();
    if (isDeeperThan(text, DEEPEST))
      return done(refusal(`the body is nested deeper than ${DEEPEST} levels`), undefined);
    return void parse(request, text, (error, value) => done(error ? refusal(problem(text, error)) : null, value));
  });
}

function refusal(message: string): EngineError {
  return invalidParams([{ field: '', message }]);
}

/** The parser says why for a forbidden name, but for bad syntax only that. */
function problem(text: string, error: Error): string {
  try {
    JSON.parse(text);
  } catch (syntax) {
    return `the body is not valid JSON: ${(syntax as Error).message}`;
  }
  return `the body is refused: ${error.message}`;
}

/** Counts brackets outside of strings, so that nothing has to recurse through what is too deep. */
function isDeeperThan(json: string, levels: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    switch (json.charCodeAt(index)) {
      case 0x22: // "
        inString = !inString;
        break;
      case 0x5c: // \ and what it escapes
        index++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!inString && ++depth > levels) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!inString) depth--;
        break;
    }
  }
  return false;
}
