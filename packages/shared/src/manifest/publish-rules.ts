/**
 * Lists what a manifest must fulfil to be published: everything it names exists, nothing is circular, everything can happen. The schema has
 * already checked the shape. The command line applies the same list before it uploads.
 */
import { findCycle } from "../domain/asset-graph.ts";
import { ok, refuse, type Result } from "../domain/errors.ts";
import { openSchedule } from "../domain/cron/catch-up.ts";
import { checkConditions } from "./condition-rules.ts";
import { checkJobs } from "./job-rules.ts";
import type { Manifest } from "./schema.ts";

/** In the order in which they are applied. The details of a refusal name the definition: `asset`, `check`, `job` or `schedule`. */
export const PUBLISH_RULES = {
  "each asset is defined once": checkKeys,
  "units list what names them": checkUnits,
  "assets do not depend on each other in a circle": checkCycles,
  "conditions and freshness policies can be evaluated": checkConditions,
  "schedules fire": checkSchedules,
  "jobs can be launched": checkJobs,
  "schedules and sensors start jobs that exist": checkStarted,
  "definitions fit into a row": checkSizes,
} as const satisfies Readonly<Record<string, (manifest: Manifest) => Result<null>>>;

/** The first rule that is broken. */
export function checkManifest(manifest: Manifest): Result<null> {
  for (const rule of Object.values(PUBLISH_RULES)) {
    const checked = rule(manifest);
    if (!checked.ok) return checked;
  }
  return ok(null);
}

function checkKeys(manifest: Manifest): Result<null> {
  const assets = new Set<string>();
  for (const { key } of manifest.assets) {
    if (assets.has(key))
      return refuse("invalid_input", `Asset ${key} is defined twice in code location ${manifest.location}. Rename one of them.`, {
        asset: key,
      });
    assets.add(key);
  }
  return ok(null);
}

function checkUnits(manifest: Manifest): Result<null> {
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
  return ok(null);
}

function checkCycles(manifest: Manifest): Result<null> {
  const cycle = findCycle(manifest.assets.map((asset) => ({ ...asset, location: manifest.location })));
  if (!cycle) return ok(null);
  return refuse("invalid_input", `The assets depend on each other in a circle: ${cycle.join(" -> ")}. Remove one of these dependencies.`, {
    cycle,
    asset: cycle[0],
  });
}

function checkSchedules(manifest: Manifest): Result<null> {
  for (const schedule of manifest.schedules) {
    const opened = openSchedule(schedule.cron, schedule.timezone);
    if (!opened.ok)
      return refuse("invalid_input", `Schedule '${schedule.name}' never fires: ${opened.error.message}`, { schedule: schedule.name });
  }
  return ok(null);
}

function checkStarted(manifest: Manifest): Result<null> {
  const jobs = new Set(manifest.jobs.map((job) => job.name));
  for (const automation of [...manifest.schedules, ...manifest.sensors]) {
    if (automation.job !== undefined && !jobs.has(automation.job)) {
      return refuse(
        "invalid_input",
        `'${automation.name}' starts the job '${automation.job}', which code location ${manifest.location} does not define.`,
        { job: automation.job, automation: automation.name },
      );
    }
  }
  return ok(null);
}

/** Each definition is stored in one row, whose size is limited. */
const MAX_DEFINITION = 950_000;

function checkSizes(manifest: Manifest): Result<null> {
  const isLarge = (entry: unknown) => JSON.stringify(entry).length > MAX_DEFINITION;
  const asset = manifest.assets.find(isLarge);
  if (asset)
    return refuse(
      "too_large",
      `The definition of asset ${asset.key} has more than ${MAX_DEFINITION / 1000} kB. Shorten its description, columns or metadata.`,
      { asset: asset.key },
    );
  const unit = manifest.units.find(isLarge);
  if (unit)
    return refuse(
      "too_large",
      `Unit '${unit.id}' has ${unit.assets.length} assets and ${unit.checks.length} checks, more than one unit can hold. Split the project.`,
      { asset: unit.assets[0] },
    );
  const named = [...manifest.checks, ...manifest.jobs, ...manifest.schedules, ...manifest.sensors].find(isLarge);
  return named
    ? refuse("too_large", `The definition of '${named.name}' has more than ${MAX_DEFINITION / 1000} kB.`, { automation: named.name })
    : ok(null);
}
