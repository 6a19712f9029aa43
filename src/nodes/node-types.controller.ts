import { Controller, Get } from '@nestjs/common';
import { Operation } from '../http/openapi/operation.js';
import { NodeRegistry } from './node-registry.js';
import { type NodeTypeList, viewNodeType } from './node-type-view.js';
import { listNodeTypes } from './openapi/node-types.operations.js';

/** What nodes there are, and what they take. */
@Controller('node-types')
export class NodeTypesController {
  constructor(private readonly registry: NodeRegistry) {}

  @Get()
  @Operation(listNodeTypes)
  list(): NodeTypeList {
    const nodeTypes = this.registry.list().map(viewNodeType);
    return { nodeTypes, count: nodeTypes.length };
  }
}
