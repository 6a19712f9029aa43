import { PrismaPg } from '@prisma/adapter-pg';
import type { Database } from './database.js';
import { PrismaClient } from './generated/client.js';

/** Prisma over the connections of {@link Database}. 64-bit columns are `bigint` here. */
export class PrismaService extends PrismaClient {
  constructor(database: Database) {
    super({ adapter: new PrismaPg(database.pool), errorFormat: 'minimal' });
  }
}
