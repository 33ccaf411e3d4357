/** Logs one line for the operator about an unexpected error that was handled. */
export function logError(what: string, error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  // oxlint-disable-next-line no-console -- the Worker's log is its console, and nothing else sees this error
  console.error(JSON.stringify({ level: "error", what, message, stack }));
}
