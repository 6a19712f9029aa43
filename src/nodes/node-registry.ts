import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../engine/json.js';
import type { ConfigProblem, NodeCatalog, NodeType } from '../engine/ports.js';
import { builtInNodeTypes } from './built-in-node-types.js';
import { checkSchema, compileDataSchema, DataSchemaError } from './data-schema.js';
import { createLinearAjv, problemsOf } from './linear-ajv.js';
import { addScriptKeyword } from './script/script-syntax.js';
import { HAS_EXPRESSION, NO_TEMPLATE, schemaOfDocument, schemaOfResolved } from './template-aware-schema.js';

type Check = (value: JsonObject) => ConfigProblem[];

/** A type's parameters as a document has them, and with the expressions put in. */
interface TypeChecks {
  config: Check;
  resolvedConfig: Check;
  rollback: Check;
  resolvedRollback: Check;
}

/** The node types of this server. */
export class NodeRegistry implements NodeCatalog {
  private readonly types: NodeType[] = [];
  private readonly byName = new Map<string, NodeType>();
  private readonly checks = new Map<NodeType, () => TypeChecks>();

  /** @param types those of the server itself; what checks their parameters is made when it is first wanted */
  constructor(types: readonly NodeType[] = builtInNodeTypes) {
    for (const type of types) this.add(type, 'when wanted');
  }

  /**
   * Adds a node type.
   * @throws Error when its name or an alias is taken, or something in it cannot be used
   */
  register(type: NodeType): void {
    this.add(type, 'now');
  }

  get(type: string): NodeType | undefined {
    return this.byName.get(type);
  }

  list(): readonly NodeType[] {
    return this.types;
  }

  checkConfig(type: NodeType, config: JsonObject): ConfigProblem[] {
    return this.checks.get(type)?.().config(config) ?? [];
  }

  checkRollback(type: NodeType, rollback: JsonObject): ConfigProblem[] {
    return this.checks.get(type)?.().rollback(rollback) ?? [];
  }

  checkResolvedRollback(type: NodeType, rollback: JsonObject): ConfigProblem[] {
    return this.checks.get(type)?.().resolvedRollback(rollback) ?? [];
  }

  checkResolvedConfig(type: NodeType, config: JsonObject): ConfigProblem[] {
    return this.checks.get(type)?.().resolvedConfig(config) ?? [];
  }

  private add(type: NodeType, compiles: 'now' | 'when wanted'): void {
    const names = [type.type, ...(type.aliases ?? [])];
    if (names.some((name) => typeof name !== 'string' || name.trim() === ''))
      throw new Error('A node type needs a name');
    const taken = names.find((name) => this.byName.has(name));
    if (taken !== undefined) throw new Error(`There is a node type "${taken}" already`);
    if (typeof type.execute !== 'function') throw new Error(`Node type "${type.type}" has no execute function`);
    let checks = compiles === 'now' ? compileChecks(type) : undefined;
    this.checks.set(type, () => (checks ??= compileChecks(type)));
    this.types.push(type);
    for (const name of names) this.byName.set(name, type);
  }
}

function compileChecks(type: NodeType): TypeChecks {
  const ajv = createLinearAjv({
    allErrors: true,
    validateSchema: false,
    verbose: true,
    strictTypes: false,
    strictRequired: false,
  });
  ajv.addKeyword('x-template');
  ajv.addFormat('expression', true);
  ajv.addKeyword({
    keyword: HAS_EXPRESSION,
    type: 'string',
    validate: (_wanted: unknown, text: string) => text.includes('{{'),
  });
  addNoTemplateKeyword(ajv);
  addDataSchemaKeyword(ajv);
  addScriptKeyword(ajv);
  const check = (schema: JsonObject): Check => {
    try {
      return compileCheck(ajv, schema);
    } catch (error) {
      throw new Error(`Node type "${type.type}": ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  };
  return {
    config: check(schemaOfDocument(type.configSchema)),
    resolvedConfig: check(schemaOfResolved(type.configSchema)),
    rollback: type.rollbackSchema ? check(schemaOfDocument(type.rollbackSchema)) : () => [],
    resolvedRollback: type.rollbackSchema ? check(schemaOfResolved(type.rollbackSchema)) : () => [],
  };
}

function compileCheck(ajv: Ajv2020, schema: JsonObject): Check {
  const { $id: _id, ...own } = schema;
  checkSchema(own);
  const validate = ajv.compile(own);
  return (value) => problemsOf(validate, value);
}

/** `x-no-template: "use params"`: what is told of a text with `{{` ends with that. */
function addNoTemplateKeyword(ajv: Ajv2020): void {
  const validate = (instead: string, text: string): boolean => {
    if (!text.includes('{{')) return true;
    Object.assign(validate, {
      errors: [{ keyword: NO_TEMPLATE, params: {}, message: `must have no {{ in it: ${instead}` }],
    });
    return false;
  };
  ajv.addKeyword({ keyword: NO_TEMPLATE, schemaType: 'string', type: 'string', errors: true, validate });
}

/** `x-json-schema: true`: the value is a JSON Schema itself, which must compile. */
function addDataSchemaKeyword(ajv: Ajv2020): void {
  const validate = (_wanted: unknown, value: JsonObject): boolean => {
    try {
      compileDataSchema(value);
      return true;
    } catch (error) {
      if (!(error instanceof DataSchemaError)) throw error;
      Object.assign(validate, {
        errors: [{ keyword: 'x-json-schema', params: {}, message: `is no JSON Schema: ${error.message}` }],
      });
      return false;
    }
  };
  ajv.addKeyword({ keyword: 'x-json-schema', type: 'object', errors: true, validate });
}
