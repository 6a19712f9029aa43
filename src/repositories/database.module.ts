import { type DynamicModule, Module } from '@nestjs/common';
import { Database } from './database.js';
import { InstanceIdentity } from './instance-identity.js';
import { PrismaService } from './prisma.service.js';

/** The open database for whoever reads or writes. Who opened it closes it, after everything else has stopped. */
@Module({})
export class DatabaseModule {
  static forRoot(database: Database, identity: InstanceIdentity): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Database, useValue: database },
        { provide: InstanceIdentity, useValue: identity },
        { provide: PrismaService, useFactory: () => new PrismaService(database) },
      ],
      exports: [Database, InstanceIdentity, PrismaService],
    };
  }
}
