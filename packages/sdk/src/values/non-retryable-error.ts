/** How user code says that trying again cannot help. */

/**
 * User code throws it to fail the step without a retry, whatever the retry policy says.
 *
 * @example
 * if (response.status === 401) throw new NonRetryableError("the API key was refused: renew it");
 */
export class NonRetryableError extends Error {
  /** `NonRetryableError`. */
  override readonly name: string = "NonRetryableError";
}
