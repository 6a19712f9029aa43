import { type AnySchema, Component } from './api-schema.js';

/** Gathers the named schemas that a document uses, and puts references in their place. */
export class ComponentCollector {
  /** By name, as the document has them. */
  readonly schemas: { [name: string]: unknown } = {};
  private readonly known = new Map<string, AnySchema>();

  /**
   * The same value as plain JSON, with references to what it names.
   * @throws Error when two schemas have the same name
   */
  resolve(value: unknown): unknown {
    if (value instanceof Component) return this.reference(value);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== 'object' || value === null) return value;
    const given = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(given.map(([name, item]) => [name, this.resolve(item)]));
  }

  private reference({ name, schema }: Component): string {
    const known = this.known.get(name);
    if (known !== undefined && known !== schema) throw new Error(`Two schemas are named ${name}`);
    if (known === undefined) {
      this.known.set(name, schema);
      this.schemas[name] = this.resolve(schema);
    }
    return `#/components/schemas/${name}`;
  }
}
