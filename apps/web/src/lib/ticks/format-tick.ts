/** Describes a tick: why it ran, how late it was, how many failed in a row. */
import type { TickCause } from "@headgate/shared/api/automation-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { formatDuration } from "#lib/format/duration.ts";
import { plural } from "#lib/format/number.ts";

export function formatTickCause(cause: TickCause): string {
  switch (cause) {
    case "clock":
      return "its time came";
    case "catch_up":
      return "it was missed and made up for";
    case "event":
      return "something it watches happened";
    case "webhook":
      return "a delivery arrived";
    case "person":
      return "somebody asked for it";
    case "retry":
      return "the attempt before did not end";
    default:
      return assertNever(cause);
  }
}

/** Below this a tick counts as on time: a person cannot see the difference. */
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
