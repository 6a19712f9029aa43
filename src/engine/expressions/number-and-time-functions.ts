import { ExpressionLimitError } from './expression-limit-error.js';
import { builtIn, environmentOf, type Focus } from './jsonata-internals.js';

/** A picture says how a number or a time is written; JSONata takes time in proportion to its square and more. */
const MAX_PICTURE = 256;
const MAX_NUMBER_TEXT = 1000;
const MAX_TIME_TEXT = 128;
/** Places in a picture where the text could be cut in several ways: each multiplies the ways that are tried. */
const MAX_AMBIGUITIES = 2;

const formatTime = await builtIn('fromMillis');
const parseTime = await builtIn('toMillis');
const writeNumber = await builtIn('formatNumber');
const writeInteger = await builtIn('formatInteger');
const readInteger = await builtIn('parseInteger');

function checkPicture(picture: string | undefined): void {
  if (picture === undefined) return;
  if (picture.length > MAX_PICTURE) throw new ExpressionLimitError(`a picture of more than ${MAX_PICTURE} characters`);
  const [wide] = /\[[^\][]*,[^\][]*[0-9]{3,}/.exec(picture.replace(/\s/g, '')) ?? [];
  if (wide !== undefined) throw new ExpressionLimitError(`a picture with the width "${wide}"`);
}

/** Refuses pictures whose pattern could cut one text in very many ways before it gives up. */
function checkAmbiguity(picture: string): void {
  const parts = picture.split(/\[([^\]]*)\]/);
  let ambiguities = 0;
  for (let index = 2; index < parts.length - 1; index += 2) {
    const [before = '', between = '', behind = ''] = parts.slice(index - 1, index + 2);
    const ofFixedWidth = between === '' && isDigits(before) && isDigits(behind);
    if (!ofFixedWidth && !/[^a-zA-Z0-9]/.test(between)) ambiguities += 1;
  }
  if (ambiguities > MAX_AMBIGUITIES) throw new ExpressionLimitError('a picture whose parts cannot be told apart');
}

function isDigits(marker: string): boolean {
  return /^[YMDdWwXxHhms][0-9]*(?:,[0-9*-]+)?$/.test(marker.replace(/\s/g, ''));
}

function now(this: Focus, picture?: string, timezone?: string): unknown {
  checkPicture(picture);
  return formatTime.call(this, environmentOf(this).now, picture, timezone);
}

function millis(this: Focus): number {
  return environmentOf(this).now;
}

function random(this: Focus): number {
  return environmentOf(this).random();
}

function fromMillis(this: Focus, time: unknown, picture?: string, timezone?: string): unknown {
  checkPicture(picture);
  return formatTime.call(this, time, picture, timezone);
}

function toMillis(this: Focus, text: string | undefined, picture?: string): unknown {
  if (text === undefined) return undefined;
  if (text.length > MAX_TIME_TEXT) throw new ExpressionLimitError(`a time of more than ${MAX_TIME_TEXT} characters`);
  checkPicture(picture);
  if (picture !== undefined) checkAmbiguity(picture);
  // What the text leaves out comes from the current time, which is the pinned one.
  const pinned = environmentOf(this);
  const environment = {
    get timestamp() {
      return new Date(pinned.now);
    },
  };
  return parseTime.call({ ...this, environment }, text, picture);
}

function formatNumber(this: Focus, value: unknown, picture: string | undefined, options: unknown): unknown {
  checkPicture(picture);
  const signs: unknown[] = typeof options === 'object' && options !== null ? Object.values(options) : [];
  if (signs.some((sign) => typeof sign === 'string' && sign.length > 16)) throw new ExpressionLimitError('a long sign');
  return writeNumber.call(this, value, picture, options);
}

function formatInteger(this: Focus, value: unknown, picture: string | undefined): unknown {
  checkPicture(picture);
  return writeInteger.call(this, value, picture);
}

function parseInteger(this: Focus, text: string | undefined, picture: string | undefined): unknown {
  checkPicture(picture);
  if (text !== undefined && text.length > MAX_NUMBER_TEXT) {
    throw new ExpressionLimitError(`a number of more than ${MAX_NUMBER_TEXT} characters`);
  }
  return readInteger.call(this, text, picture);
}

/** JSONata's functions of numbers and times: time and randomness pinned, pictures with an end to what they ask for. */
export const numberAndTimeFunctions = {
  now: { implementation: now, signature: '<s?s?:s>' },
  millis: { implementation: millis, signature: '<:n>' },
  random: { implementation: random, signature: '<:n>' },
  fromMillis: { implementation: fromMillis, signature: '<n-s?s?:s>' },
  toMillis: { implementation: toMillis, signature: '<s-s?:n>' },
  formatNumber: { implementation: formatNumber, signature: '<n-so?:s>' },
  formatInteger: { implementation: formatInteger, signature: '<n-s:s>' },
  parseInteger: { implementation: parseInteger, signature: '<s-s:n>' },
};
