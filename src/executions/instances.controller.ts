import { Controller, Get } from '@nestjs/common';
import { Operation } from '../http/openapi/operation.js';
import { InstanceRepository } from '../repositories/instance.repository.js';
import { type InstanceList, listInstances } from './openapi/instances.operations.js';

/** Who drives. */
@Controller('instances')
export class InstancesController {
  constructor(private readonly repository: InstanceRepository) {}

  @Get()
  @Operation(listInstances)
  async list(): Promise<InstanceList> {
    const instances = await this.repository.list();
    return { instances, count: instances.length };
  }
}
