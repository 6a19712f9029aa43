/** An expression that cannot be compiled. */
export class ExpressionSyntaxError extends Error {
  override readonly name = 'ExpressionSyntaxError';

  constructor(
    message: string,
    readonly source: string,
    /** Characters from the beginning of {@link source} to the end of where it is wrong, when that is known. */
    readonly position?: number,
  ) {
    super(message);
  }
}
