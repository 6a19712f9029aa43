/** Prints, after Jest's own summary, one line that a machine can read. A file that could not be run counts as a failure. */
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped}`;
    // Jest's summary comes after the last reporter.
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
