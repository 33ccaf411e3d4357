/** One line for the operator about something that must not happen and was survived. */
export function logError(what: string, error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  // oxlint-disable-next-line no-console -- the Worker's log is its console, and nothing else sees this error
  console.error(JSON.stringify({ level: "error", what, message, stack }));
}
