/** Describes a tick: why it ran, how late it was, how many failed in a row. */
import type { TickCause } from "@headgate/shared/contract/automations/automation-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { formatDuration } from "@headgate/shared/format/duration.ts";
import { plural } from "@headgate/shared/format/number.ts";

export function formatTickCause(cause: TickCause): string {
  switch (cause) {
    case "clock":
      return "on schedule";
    case "catch_up":
      return "catch-up of a missed tick";
    case "event":
      return "a watched event happened";
    case "webhook":
      return "webhook delivery";
    case "person":
      return "started manually";
    case "retry":
      return "retry of an attempt that did not finish";
    default:
      return assertNever(cause);
  }
}

/** A shorter delay counts as on time. */
const ON_TIME_MS = 1000;

export function formatLateness(lateMs: number | null): string {
  if (lateMs === null) return "";
  return lateMs < ON_TIME_MS ? "on time" : `${formatDuration(lateMs)} late`;
}

export function isLate(lateMs: number | null): boolean {
  return lateMs !== null && lateMs >= 10_000;
}

/** `3 failures in a row`. */
export function formatFailureCount(count: number): string {
  return count === 1 ? "the last tick failed" : `${plural(count, "failure")} in a row`;
}
