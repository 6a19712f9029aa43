import { DurationHistogram } from '../progress/duration-histogram.js';
import { NodeTime, type NodeTimes } from '../progress/node-time.js';
import type { DrivenExecution } from './driven-execution.js';

/** What the nodes took in these executions, as it is counted for statistics. */
export function historyOf(...executions: readonly DrivenExecution[]): NodeTimes {
  const took = new Map<string, { durations: number[]; ended: number }>();
  for (const event of executions.flatMap(({ events }) => events)) {
    if (event.type !== 'node:completed' && event.type !== 'node:failed') continue;
    const node = took.get(event.nodeId) ?? { durations: [], ended: 0 };
    took.set(event.nodeId, node);
    node.ended += 1;
    if (event.type === 'node:completed') node.durations.push(event.timestamp - event.startTime);
  }
  return new Map([...took].map(([id, { durations, ended }]) => [id, timeOf(durations, ended)]));
}

/** What is known of a node that took so long (ms); `ended`: how often it has ended, failures too. */
export function timeOf(durations: readonly number[], ended = durations.length): NodeTime {
  const histogram = new DurationHistogram();
  for (const ms of durations) histogram.add(ms);
  return new NodeTime(
    histogram,
    durations.reduce((sum, ms) => sum + ms, 0),
    ended,
  );
}
