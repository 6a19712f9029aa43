let last: Promise<unknown> = Promise.resolve();

/**
 * Runs evaluations one after the other. They never wait for anything outside, so side by side they would be no faster,
 * but each would spend its time limit on the others.
 */
export function runInTurn<T>(evaluate: () => Promise<T>): Promise<T> {
  const turn = last.then(evaluate);
  last = turn.then(ended, ended);
  return turn;
}

function ended(): void {
  // The next one begins however this one ended.
}
