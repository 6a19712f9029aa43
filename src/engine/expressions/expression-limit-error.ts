/** Something that an expression asks for and that would take too much time or memory. */
export class ExpressionLimitError extends Error {
  override readonly name = 'ExpressionLimitError';
  /** Where in the expression, in characters from 1; set by whoever knows it. */
  position?: number;
}
