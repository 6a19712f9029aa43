import { addRouteConfig } from './envelope.js';
import type { AnswerHeader } from './openapi/operation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer tells where the feed goes on; set by {@link ShowsCursor}. */
    showsCursor?: boolean;
  }
}

/** The route's answers carry `X-Cursor`. The feed puts it in, from a position that it takes before the data are read. */
export const ShowsCursor = (): MethodDecorator => (_target, _name, descriptor) =>
  addRouteConfig(descriptor.value as object, { showsCursor: true });

/** {@link ShowsCursor} in the API document. */
export const cursorHeader: { [name: string]: AnswerHeader } = {
  'X-Cursor': {
    description: 'A cursor of the feed: what follows it is what this answer does not know yet',
    example: 'q2x7VVsxLDE3MDQzNTUyMDAwMDAsMCwiN2IxZC8wIiw0MTJd',
  },
};
