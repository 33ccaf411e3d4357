/** What the definition of a schedule or sensor says, as titles and values. */
import type { CatchUpPolicy } from "@headgate/shared/domain/cron/catch-up.ts";
import { formatShortSpan } from "@headgate/shared/format/duration.ts";
import { plural } from "@headgate/shared/format/number.ts";
import type { ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { runsWhen } from "@headgate/shared/sensor/sensor-kinds.ts";
import type { Facts } from "../../terminal/facts.ts";

export function scheduleFacts({ job, cron, timezone, overlap, catchUp, jitterSeconds, evaluated }: ManifestSchedule): Facts {
  return [
    ["job", evaluated ? `${job}, if its function requests it` : job],
    ["cron", `${cron.join(", ")} (${timezone})`],
    ["overlap", overlap?.replace("_", " ") ?? ""],
    ["catch-up", catchUp === undefined ? "" : catchUpText(catchUp)],
    ["jitter", jitterSeconds === undefined ? "" : `up to ${formatShortSpan(jitterSeconds * 1000)} later`],
  ];
}

function catchUpText(policy: CatchUpPolicy): string {
  switch (policy.type) {
    case "none":
      return "none";
    case "latest":
      return "the latest missed tick";
    case "last":
      return `the last ${plural(policy.count, "missed tick")}`;
    case "within":
      return `ticks missed in the last ${formatShortSpan(policy.ms)}`;
    default:
      return policy satisfies never;
  }
}

export function sensorFacts(sensor: ManifestSensor): Facts {
  const { job, assets = [], match, checks = [], evaluated } = sensor;
  return [
    ["job", [job, evaluated && "if its function requests it"].filter((part) => typeof part === "string").join(", ")],
    ["runs", runsWhen(sensor)],
    [
      "watches",
      [assets.join(match === "all" ? " and " : " or "), checks.join(" or "), watchedRuns(sensor)].filter((part) => part !== "").join("; "),
    ],
  ];
}

function watchedRuns({ jobs = [], runStatuses = [] }: ManifestSensor): string {
  if (runStatuses.length === 0) return "";
  return `runs with status ${runStatuses.join(" or ")}${jobs.length === 0 ? "" : ` of ${jobs.join(" or ")}`}`;
}
