/** The time of the script that this thread runs: epoch ms, and whether it was asked for. */
export const clock = { time: 0, wasRead: false };

/**
 * QuickJS asks this thread's Date for the time and for the time zone. From now on it hears the script's own fixed time,
 * in UTC on every machine, so that a script gives the same wherever it runs. Nothing else in the thread uses Date.
 */
export function fixClock() {
  const { prototype } = Date;
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds']) {
    prototype[`get${part}`] = prototype[`getUTC${part}`];
  }
  prototype.getTimezoneOffset = () => 0;
  Date.now = () => {
    clock.wasRead = true;
    return clock.time;
  };
}
