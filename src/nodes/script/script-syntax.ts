import { Script } from 'node:vm';
import type { Ajv2020 } from 'ajv/dist/2020.js';

/** A keyword of ours: `x-script: true`, a text that is the body of a script. */
export const SCRIPT_KEYWORD = 'x-script';

/**
 * What is wrong with a script's code, or undefined. It is parsed by this process's own engine and never run, whatever
 * is in it; the sandbox's engine has the last word when it runs.
 */
function scriptSyntaxProblem(code: string): string | undefined {
  try {
    // A declaration, so that the functions within are only looked over.
    const text = `async function script(inputs, variables, trigger) {\n${code}\n}`;
    void new Script(text, { filename: 'script.js', lineOffset: -1 });
    return undefined;
  } catch (error) {
    const { name, message, stack } = error as Error;
    if (name === 'RangeError') return 'is nested too deeply';
    const line = /^script\.js:(\d+)/.exec(stack ?? '')?.[1];
    if (line === undefined) return `does not parse: ${message}`;
    // Code that ends too early is wrong in what stands behind it.
    return `does not parse (line ${Math.min(Number(line), code.split('\n').length)}): ${message}`;
  }
}

/** Teaches a validator `x-script: true`: the text must parse as a script. */
export function addScriptKeyword(ajv: Ajv2020): void {
  const validate = (_wanted: unknown, code: string): boolean => {
    const message = scriptSyntaxProblem(code);
    Object.assign(validate, {
      errors: message === undefined ? [] : [{ keyword: SCRIPT_KEYWORD, params: {}, message }],
    });
    return message === undefined;
  };
  ajv.addKeyword({ keyword: SCRIPT_KEYWORD, type: 'string', errors: true, validate });
}
