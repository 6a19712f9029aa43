import type { NodeType } from '../engine/ports.js';
import { conditionNode } from './condition-node.js';
import { delayNode } from './delay-node.js';
import { externalApiNode } from './external-api-node.js';
import { failNode } from './fail-node.js';
import { inputNode } from './input-node.js';
import { logNode } from './log-node.js';
import { outputNode } from './output-node.js';
import { setVariablesNode } from './set-variables-node.js';
import { switchNode } from './switch-node.js';
import { transformNode } from './transform-node.js';

/** The built-in node types that need nothing but their context. */
export const builtInNodeTypes: readonly NodeType[] = [
  inputNode,
  outputNode,
  transformNode,
  setVariablesNode,
  conditionNode,
  switchNode,
  delayNode,
  logNode,
  failNode,
  externalApiNode,
];
