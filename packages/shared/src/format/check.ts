/** Says what a check that did not pass found, in the same words in the dashboard and on the terminal. */
export interface FailedCheck {
  readonly name: string;
  readonly severity: "warn" | "error";
  readonly description?: string | null | undefined;
}

/** `Check unique failed: 2 rows have the same key`; no full stop of its own. */
export function formatFailedCheck({ name, severity, description }: FailedCheck): string {
  const found = description ? `: ${description}` : "";
  return `Check ${name} ${severity === "error" ? "failed" : "warned"}${found}`;
}
