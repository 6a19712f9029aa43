import { setTimeout as delay } from 'node:timers/promises';

/** What a call to a service some way off is for the engine: 20 ms in which nothing happens here. */
export default {
  type: 'bench-wait',
  name: 'Bench wait',
  category: 'bench',
  description: 'Waits 20 ms and is declared external',
  version: '1.0.0',
  configSchema: { type: 'object' },
  effect: 'external',
  async execute() {
    await delay(20);
    return { outputs: {} };
  },
};
