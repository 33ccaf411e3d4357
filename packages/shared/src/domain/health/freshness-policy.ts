/** The form of a freshness policy as JSON, and Dagster's rules for its limits. */
import { ticksFrom, type CronInZone } from "../cron/next.ts";
import { parseCron } from "../cron/parse.ts";
import { findZone } from "../cron/zone.ts";
import { ok, refuse, type Result } from "../errors.ts";
import type { FreshnessPolicy } from "./freshness.ts";

export type FreshnessPolicySpec =
  | { readonly type: "time_window"; readonly failAfterSeconds: number; readonly warnAfterSeconds?: number | undefined }
  | { readonly type: "cron"; readonly cron: string; readonly timezone?: string | undefined; readonly lowerBoundSeconds: number };

const MINUTE = 60;
/** The gaps of a cron repeat within this many ticks or years, except for leap days. */
const LOOKED_AT = 400;
const LOOKED_FROM = Date.UTC(2024, 0, 1);
const LOOKED_TO = Date.UTC(2027, 0, 1);

export function openFreshnessPolicy(spec: FreshnessPolicySpec): Result<FreshnessPolicy> {
  if (spec.type === "time_window") return openTimeWindow(spec);
  const cron = parseCron(spec.cron);
  if (!cron.ok) return cron;
  const zone = findZone(spec.timezone ?? "UTC");
  if (!zone.ok) return zone;
  const deadline = { cron: cron.value, zone: zone.value };
  if (!(spec.lowerBoundSeconds >= MINUTE && spec.lowerBoundSeconds < Infinity)) {
    return refuse("invalid_input", `A freshness deadline needs a lower bound of at least a minute, not ${spec.lowerBoundSeconds} seconds.`);
  }
  const shortest = shortestGap(deadline) / 1000;
  if (spec.lowerBoundSeconds > shortest) {
    return refuse(
      "invalid_input",
      `The lower bound of ${spec.lowerBoundSeconds} seconds is longer than the ${shortest} seconds between two ticks of "${deadline.cron.text}". Make it shorter.`,
    );
  }
  return ok({ type: "cron", deadline, lowerBoundMs: spec.lowerBoundSeconds * 1000 });
}

function openTimeWindow({ failAfterSeconds, warnAfterSeconds }: FreshnessPolicySpec & { type: "time_window" }): Result<FreshnessPolicy> {
  if (!(failAfterSeconds >= MINUTE && failAfterSeconds < Infinity)) {
    return refuse("invalid_input", `A freshness window must be at least a minute, not ${failAfterSeconds} seconds.`);
  }
  if (warnAfterSeconds !== undefined && !(warnAfterSeconds > 0 && warnAfterSeconds < failAfterSeconds)) {
    return refuse(
      "invalid_input",
      `A freshness policy must warn before it fails: ${warnAfterSeconds} seconds is not between 0 and ${failAfterSeconds}.`,
    );
  }
  const warnAfterMs = warnAfterSeconds === undefined ? undefined : warnAfterSeconds * 1000;
  return ok({ type: "time_window", failAfterMs: failAfterSeconds * 1000, warnAfterMs });
}

/** From the beginning of a year, whatever year, so that the answer does not depend on when it is asked. */
function shortestGap(deadline: CronInZone): number {
  let shortest = Infinity;
  let last: number | null = null;
  let count = 0;
  for (const tick of ticksFrom(deadline, LOOKED_FROM)) {
    if (last !== null) shortest = Math.min(shortest, tick - last);
    if (++count > LOOKED_AT || tick > LOOKED_TO) break;
    last = tick;
  }
  return shortest;
}
