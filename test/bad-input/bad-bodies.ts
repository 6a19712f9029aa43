import { type BadRequest, INVALID, TOO_LARGE, UNSOUND, WRONG_TYPE } from './bad-request.js';

/** A body that is right in itself, by route. */
const COMMANDS: Record<string, object> = {
  'POST /executions': { workflowId: 'wf' },
  'POST /executions/cleanup': { dryRun: true },
  'PUT /executions/:asleep/status': { status: 'paused' },
  'POST /executions/:asleep/cancel': { reason: 'because' },
  'POST /workflows/wf/clone': { newName: 'Copy' },
  'POST /workflows/import': { workflows: [], dryRun: true },
};

const DOCUMENT = { name: 'X', nodes: [], edges: [] };
const DOCUMENTS: Record<string, object> = {
  'POST /workflows': DOCUMENT,
  'PUT /workflows/wf': DOCUMENT,
  'POST /workflows/validate': DOCUMENT,
};

const TAKES_NONE = ['DELETE /workflows/wf', 'DELETE /executions/:done', 'POST /workflows/wf/versions/1/restore'];

/** Above the BODY_LIMIT of the test and the limit of an import. */
const LENGTHS = { ordinary: String(1024 * 1024 + 1), import: String(128 * 1024 * 1024 + 1) };

const spliced = (body: object, members: string) => `${JSON.stringify(body).slice(0, -1)},${members}}`;
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** What no route that takes a body may accept. */
function forAnyRoute(request: string, body: object): BadRequest[] {
  const invalid = (what: string, raw: string | Buffer, names = ''): BadRequest => {
    return { what, request, raw, answer: INVALID, names };
  };
  const mistyped = (what: string, headers: Record<string, string>, names: string): BadRequest => {
    return { what, request, json: body, headers, answer: WRONG_TYPE, names };
  };
  const limit = request === 'POST /workflows/import' ? LENGTHS.import : LENGTHS.ordinary;
  return [
    invalid('half a body', '{"a":'),
    invalid('a comma too many', spliced(body, '"a":1,')),
    invalid('quotes of JavaScript', "{'a':1}"),
    invalid('nothing but blanks', ' \n'),
    invalid('two values', `${JSON.stringify(body)}{}`),
    invalid('a bare NUL', spliced(body, '"a\0":1')),
    invalid('NaN', spliced(body, '"a":NaN')),
    invalid('UTF-16', Buffer.from(JSON.stringify(body), 'utf16le')),
    invalid('bytes that are no UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}')])),
    invalid('__proto__', spliced(body, '"__proto__":{"isAdmin":true}')),
    invalid('__proto__ in disguise', spliced(body, '"\\u005f_proto__":1')),
    invalid('constructor.prototype', spliced(body, '"constructor":{"prototype":{"isAdmin":true}}')),
    invalid('101 levels', spliced(body, `"deep":${nested(100)}`)),
    invalid('levels that never end', '{"a":'.repeat(50_000)),
    invalid('1e400', spliced(body, '"huge":{"a":[0,1e400]}'), 'huge.a.1'),
    invalid('a number of 400 digits', spliced(body, `"huge":-${'9'.repeat(400)}`), 'huge'),
    mistyped('no type', { 'Content-Type': '' }, 'Content-Type'),
    mistyped('plain text', { 'Content-Type': 'text/plain' }, 'text/plain'),
    mistyped('a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'x-www-form-urlencoded'),
    mistyped('a charset that JSON does not have', { 'Content-Type': 'application/json; charset=utf-16' }, 'utf-16'),
    mistyped('compressed', { 'Content-Encoding': 'gzip' }, 'gzip'),
    {
      ...invalid('too large', '{', limit),
      headers: { 'Content-Length': limit },
      answer: TOO_LARGE,
      names: 'larger than',
    },
  ];
}

function forCommand([request, body]: [string, object]): BadRequest[] {
  const notAnObject = ['null', '[]', '7', '"x"', 'true'].map(
    (raw): BadRequest => ({ what: `${raw} for a body`, request, raw, answer: INVALID, names: '' }),
  );
  const [known = ''] = Object.keys(body);
  const mistyped = known.toUpperCase();
  return [
    ...forAnyRoute(request, body),
    ...notAnObject,
    { what: 'an unknown field', request, json: { ...body, '💥': 1 }, answer: INVALID, names: '💥' },
    { what: 'a field of Object', request, json: { ...body, toString: 1 }, answer: INVALID, names: 'toString' },
    { what: 'another spelling', request, json: { ...body, [mistyped]: 1 }, answer: INVALID, names: mistyped },
  ];
}

function forDocument([request, body]: [string, object]): BadRequest[] {
  return [...forAnyRoute(request, body), { what: 'no body', request, answer: INVALID, names: '' }];
}

function forNone(request: string): BadRequest[] {
  const refused = ['null', '[1]', '7', '"x"', '{'].map(
    (raw): BadRequest => ({ what: `the body ${raw}`, request, raw, answer: INVALID, names: '' }),
  );
  return [...refused, { what: 'a field', request, json: { dryRun: true }, answer: INVALID, names: 'dryRun' }];
}

/** A document that is no object has no field to name; PUT has no document of its own but changes. */
const NOT_AN_OBJECT: BadRequest[] = ['null', '[]', '7', '"x"'].flatMap((raw): BadRequest[] => [
  { what: `${raw} for a document`, request: 'POST /workflows', raw, answer: UNSOUND, names: 'INVALID_SCHEMA' },
  { what: `${raw} for changes`, request: 'PUT /workflows/wf', raw, answer: INVALID, names: '' },
]);

/** Bodies that are wrong whatever their route is about. */
export const BAD_BODIES: BadRequest[] = [
  ...Object.entries(COMMANDS).flatMap(forCommand),
  ...Object.entries(DOCUMENTS).flatMap(forDocument),
  ...TAKES_NONE.flatMap(forNone),
  ...NOT_AN_OBJECT,
];
