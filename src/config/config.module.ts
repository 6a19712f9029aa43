import { type DynamicModule, Module } from '@nestjs/common';
import { Config } from './env.js';
import { Log } from './logger.js';
import { ServerState } from './server-state.js';

/** What everything may inject: the settings, the log and the state of the server. */
@Module({})
export class ConfigModule {
  static forRoot(config: Config, log: Log, state: ServerState): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: Config, useValue: config },
        { provide: Log, useValue: log },
        { provide: ServerState, useValue: state },
      ],
      exports: [Config, Log, ServerState],
    };
  }
}
