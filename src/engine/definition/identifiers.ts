/** Names that would reach an object's prototype when they are used as keys. */
export const RESERVED_NAMES = ['__proto__', 'constructor', 'prototype'] as const;

/** Static paths of the API, which win over ids, and the two names that a URL's path drops. */
export const RESERVED_WORKFLOW_IDS = [
  'stats',
  'export',
  'import',
  'validate',
  'cleanup',
  'bulk',
  '.',
  '..',
  ...RESERVED_NAMES,
] as const;

export const WORKFLOW_ID_PATTERN = '^[A-Za-z0-9._:-]{1,128}$';
/** Half a surrogate pair is no character: no URL could name it, and UTF-8 would make one id of two. */
export const NODE_ID_PATTERN = '^[^\\p{Cc}\\p{Cs}\\[\\]]{1,128}$';
/** Longer than a node's: editors make an edge's id of those of its two nodes. */
export const EDGE_ID_PATTERN = '^[^\\p{Cc}\\p{Cs}]{1,512}$';

/** https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string */
export const SEMANTIC_VERSION_PATTERN =
  '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)' +
  '(-((0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(\\.(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?' +
  '(\\+([0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*))?$';
