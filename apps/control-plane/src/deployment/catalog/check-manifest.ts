/** Checks that a manifest is consistent: everything it names exists and nothing is circular. The schema has already checked the shape. */
import { findCycle } from "@headgate/shared/domain/asset-graph.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { checkConditions } from "./check-conditions.ts";
import { openSchedule } from "@headgate/shared/domain/cron/catch-up.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";

export function checkManifest(manifest: Manifest): Result<null> {
  const assets = new Set<string>();
  for (const { key } of manifest.assets) {
    if (assets.has(key))
      return refuse("invalid_input", `Asset ${key} is defined twice in code location ${manifest.location}. Rename one of them.`, {
        asset: key,
      });
    assets.add(key);
  }
  const units = new Map(manifest.units.map((unit) => [unit.id, { assets: new Set(unit.assets), checks: new Set(unit.checks) }]));
  for (const asset of manifest.assets) {
    if (asset.unit !== null && !units.get(asset.unit)?.assets.has(asset.key)) {
      return refuse(
        "invalid_input",
        `Asset ${asset.key} names the unit '${asset.unit}', which does not list it. Build the manifest again.`,
        { asset: asset.key },
      );
    }
  }
  for (const check of manifest.checks) {
    if (!units.get(check.unit)?.checks.has(`${check.asset}:${check.name}`)) {
      return refuse(
        "invalid_input",
        `Check '${check.name}' of ${check.asset} names the unit '${check.unit}', which does not list it. Build the manifest again.`,
        { check: check.name },
      );
    }
  }
  const cycle = findCycle(manifest.assets.map((asset) => ({ ...asset, location: manifest.location })));
  if (cycle)
    return refuse(
      "invalid_input",
      `The assets depend on each other in a circle: ${cycle.join(" -> ")}. Remove one of these dependencies.`,
      { cycle },
    );
  const conditions = checkConditions(manifest);
  if (!conditions.ok) return conditions;
  for (const schedule of manifest.schedules) {
    const opened = openSchedule(schedule.cron, schedule.timezone);
    if (!opened.ok)
      return refuse("invalid_input", `Schedule '${schedule.name}' never fires: ${opened.error.message}`, { schedule: schedule.name });
  }
  const jobs = new Set(manifest.jobs.map((job) => job.name));
  for (const job of manifest.jobs) {
    const parsed = parseSelection(job.selection);
    if (!parsed.ok)
      return refuse("invalid_selection", `The selection of job '${job.name}' is not valid: ${parsed.error.message}`, {
        job: job.name,
        ...parsed.error.details,
      });
  }
  for (const automation of [...manifest.schedules, ...manifest.sensors]) {
    if (automation.job !== undefined && !jobs.has(automation.job)) {
      return refuse(
        "invalid_input",
        `'${automation.name}' starts the job '${automation.job}', which code location ${manifest.location} does not define.`,
        { job: automation.job },
      );
    }
  }
  return ok(null);
}
