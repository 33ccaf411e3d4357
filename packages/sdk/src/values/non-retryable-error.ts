/** How user code says that trying again cannot help. */

/**
 * Thrown by user code, it fails the step at once, whatever the retry policy says.
 *
 * @example
 * if (response.status === 401) throw new NonRetryableError("the API key was refused: renew it");
 */
export class NonRetryableError extends Error {
  /** `NonRetryableError`. */
  override readonly name: string = "NonRetryableError";
}
