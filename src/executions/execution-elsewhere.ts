/** This instance does not drive the execution: another one does, or the lease was lost over it. Whoever does is to be asked. */
export class ExecutionElsewhere extends Error {
  override readonly name = 'ExecutionElsewhere';

  constructor(readonly executionId: string) {
    super('Another instance drives the execution');
  }
}
