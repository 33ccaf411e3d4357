/** What can go wrong between us and Airbyte, as a closed list that code can switch on. */

export type AirbyteErrorCode =
  | "denied" // wrong client id, secret or token, or one without this right
  | "not_found"
  | "conflict" // the connection is syncing already
  | "rejected" // the server understood and refuses
  | "unavailable" // no connection, or 429 or 5xx, also after the retries
  | "timeout"
  | "unexpected" // the answer is not what the API documents
  | "job_failed"
  | "job_cancelled";

/** A cancelled job is one of them, because a person stopped it on purpose. */
const HOPELESS: readonly AirbyteErrorCode[] = ["denied", "not_found", "rejected", "unexpected", "job_cancelled"];

/**
 * Thrown by every method of the Airbyte resource.
 *
 * @example
 * try {
 *   await resources.airbyte.sync(connection);
 * } catch (error) {
 *   if (error instanceof AirbyteError && error.code === "job_failed") log.warn("the sync failed", { job: error.jobId });
 *   throw error;
 * }
 */
export class AirbyteError extends Error {
  /** `AirbyteError`. */
  override readonly name: string = "AirbyteError";
  /** What went wrong, from a closed list. */
  readonly code: AirbyteErrorCode;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The job that it is about, where there is one. */
  readonly jobId: number | undefined;
  /** False where trying again can only fail again: a retry policy is then not followed. */
  readonly retryable: boolean;

  constructor(
    code: AirbyteErrorCode,
    message: string,
    facts: { readonly status?: number | undefined; readonly jobId?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    this.jobId = facts.jobId;
    this.retryable = !HOPELESS.includes(code);
  }
}

export function codeOfStatus(status: number): AirbyteErrorCode {
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 429 || status >= 500) return "unavailable";
  return "rejected";
}
