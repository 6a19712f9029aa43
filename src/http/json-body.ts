import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { type EngineError, invalidParams } from '../engine/errors.js';
import { findOverflow, scanJson } from './scan-json.js';

const DEEPEST = 100;

/**
 * Takes JSON bodies and no others. An empty body counts as none, whatever its type says; `__proto__` and
 * `constructor.prototype` as names are refused, so are nesting deeper than 100 levels, bytes that are no
 * UTF-8, and numbers that would become Infinity.
 */
export function registerJsonBody(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    // Decoding would replace what is wrong without a word.
    if (!isUtf8(body)) return done(refusal('the body is not valid UTF-8'), undefined);
    const text = body.toString();
    const { isTooDeep, mayOverflow } = scanJson(text, DEEPEST);
    if (isTooDeep) return done(refusal(`the body is nested deeper than ${DEEPEST} levels`), undefined);
    return void parse(request, text, (error, value: unknown) => {
      if (error) return done(refusal(problem(text)), undefined);
      const huge = mayOverflow ? findOverflow(value) : undefined;
      if (huge === undefined) return done(null, value);
      return done(refusal(`${huge || 'the body'} is a number larger than a double can hold`, huge), undefined);
    });
  });
}

function refusal(message: string, field = ''): EngineError {
  return invalidParams([{ field, message }]);
}

/** Fastify's parser does not say why. */
function problem(text: string): string {
  try {
    JSON.parse(text);
  } catch (syntax) {
    return `the body is not valid JSON: ${(syntax as Error).message}`;
  }
  return 'the body must not have the name "__proto__", nor "prototype" inside of "constructor"';
}
