import { NodeError } from '../../src/engine/errors.js';
import type { JsonObject, JsonValue } from '../../src/engine/json.js';
import type { NodeContext, NodeOutput } from '../../src/engine/ports.js';
import { createScriptNode } from '../../src/nodes/script/script-node.js';
import { ScriptPool } from '../../src/nodes/script/script-pool.js';
import { nodeContext, type TestNodeContext } from './node-context.js';

/** The script node over real threads. */
export class ScriptRunner {
  readonly pool = new ScriptPool();
  readonly node = createScriptNode(this.pool);

  /** Runs the node as the engine does. */
  async run(code: string, config: JsonObject = {}, given: Partial<NodeContext> = {}): Promise<NodeOutput> {
    return this.runIn(nodeContext({ code, ...config }, given));
  }

  async runIn(context: TestNodeContext): Promise<NodeOutput> {
    return (await this.node.execute(context)) as NodeOutput;
  }

  /** What a script returns. */
  async value(code: string, config: JsonObject = {}, given: Partial<NodeContext> = {}): Promise<JsonValue> {
    return (await this.run(code, config, given)).outputs;
  }

  /** How a script fails. */
  async failure(code: string, config: JsonObject = {}, given: Partial<NodeContext> = {}): Promise<NodeError> {
    const error: unknown = await this.run(code, config, given).then(
      ({ outputs }) => new Error(`It returned ${JSON.stringify(outputs)}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof NodeError)) throw error;
    return error;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
