/** Says why an asset is stale, in the same words in the dashboard and on the terminal. */
import { assertNever } from "../domain/assert.ts";
import type { RootCause, StaleCause } from "../domain/health/staleness.ts";
import { plural } from "./number.ts";
import { formatRelative } from "./time.ts";

/** `orders changed 12 min ago and 2 other causes`; no full stop. */
export function formatStaleCauses(causes: readonly StaleCause[], now: number): string {
  const [first] = causes;
  if (!first) return "";
  const others = causes.length - 1;
  const rest = others === 0 ? "" : others === 1 ? ", and 1 other cause" : `, and ${others} other causes`;
  return `${formatStaleCause(first, now)}${rest}`;
}

export function formatStaleCause(cause: StaleCause, now: number): string {
  switch (cause.type) {
    case "code":
      return "its code changed since the last materialization";
    case "upstream":
      return cause.root.type === "code"
        ? `the code of ${cause.root.asset} above it changed`
        : `${formatRoot(cause.root, now)}, above ${cause.dependency}`;
    case "data":
    case "upstream_failed":
      return formatRoot(cause, now);
    default:
      return assertNever(cause);
  }
}

function formatRoot(cause: Exclude<RootCause, { readonly type: "code" }>, now: number): string {
  const happened = `${cause.dependency} ${cause.type === "data" ? "changed" : "failed"} ${formatRelative(cause.at, now)}`;
  if (cause.type !== "data" || cause.partitions === undefined) return happened;
  return `${happened} (read by ${plural(cause.partitions, "partition")})`;
}
