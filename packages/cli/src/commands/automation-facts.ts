/** What the definition of a schedule or sensor says, as titles and texts; an empty text is left out. */
import type { CatchUpPolicy } from "@headgate/shared/domain/cron/catch-up.ts";
import type { ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { formatShortSpan } from "@headgate/shared/format/duration.ts";

type Facts = readonly (readonly [string, string])[];

export function scheduleFacts({ job, cron, timezone, overlap, catchUp, jitterSeconds, evaluated }: ManifestSchedule): Facts {
  return [
    ["job", evaluated ? `${job}, as its function decides` : job],
    ["cron", `${cron.join(", ")} (${timezone})`],
    ["overlap", overlap?.replace("_", " ") ?? ""],
    ["catch-up", catchUp === undefined ? "" : catchUpText(catchUp)],
    ["jitter", jitterSeconds === undefined ? "" : `up to ${formatShortSpan(jitterSeconds * 1000)} later`],
  ];
}

function catchUpText(policy: CatchUpPolicy): string {
  switch (policy.type) {
    case "none":
    case "latest":
      return policy.type;
    case "last":
      return `the last ${policy.count}`;
    case "within":
      return `all within ${formatShortSpan(policy.ms)}`;
  }
}

export function sensorFacts(sensor: ManifestSensor): Facts {
  const { job, kind, intervalSeconds, assets = [], match, checks = [], jobs = [], runStatuses = [], evaluated } = sensor;
  return [
    ["job", [job, evaluated && "as its function decides"].filter((part) => typeof part === "string").join(", ")],
    ["looks", kind === "polling" ? `every ${formatShortSpan(intervalSeconds * 1000)}` : ""],
    ["watches", [assets.join(match === "all" ? " and " : " or "), checks.join(" or ")].filter((part) => part !== "").join("; ")],
    [
      "runs that",
      runStatuses.length === 0
        ? ""
        : `${runStatuses.join(" or ")}${jobs.length === 0 ? "" : ` of ${plural(jobs.length, "job")}: ${jobs.join(", ")}`}`,
    ],
  ];
}
