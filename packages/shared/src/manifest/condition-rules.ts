/** Checks that the conditions and freshness policies of a manifest can be evaluated. Problems that involve other code locations show up later. */
import { checkId } from "../domain/asset-check.ts";
import { buildAssetGraph } from "../domain/asset-graph.ts";
import { prepareAutomation } from "../domain/automation/program.ts";
import { childrenOf, type Condition } from "../domain/automation/condition.ts";
import { parseCron } from "../domain/cron/parse.ts";
import { findZone } from "../domain/cron/zone.ts";
import { ok, refuse, type Result } from "../domain/errors.ts";
import { openFreshnessPolicy } from "../domain/health/freshness-policy.ts";
import { parseSelection } from "../domain/selection/parse.ts";
import type { Manifest } from "./schema.ts";

export function checkConditions(manifest: Manifest): Result<null> {
  // Each distinct condition or policy is checked once: thousands of assets share a few.
  const good = new Set<string>();
  for (const { key, unit, automation, freshness, observable } of manifest.assets) {
    if (unit === null && (automation !== undefined || observable === true)) {
      const what =
        observable === true
          ? "is observable, but nothing here observes it"
          : "has an automation condition, but nothing here materializes it";
      return refuse("invalid_input", `Asset ${key} ${what}: it is external. Remove that setting.`, { asset: key });
    }
    const read = automation === undefined ? ok(null) : once(good, automation, checkCondition);
    if (!read.ok)
      return refuse("invalid_input", `The automation condition of ${key} cannot be used: ${read.error.message}`, { asset: key });
    const opened = freshness === undefined ? ok(null) : once(good, freshness, openFreshnessPolicy);
    if (!opened.ok)
      return refuse("invalid_input", `The freshness policy of ${key} cannot be used: ${opened.error.message}`, { asset: key });
  }
  for (const check of manifest.checks) {
    const read = check.automation === undefined ? ok(null) : once(good, check.automation, checkCondition);
    if (!read.ok)
      return refuse("invalid_input", `The automation condition of check ${checkId(check)} cannot be used: ${read.error.message}`, {
        check: checkId(check),
      });
  }
  return checkSize(manifest);
}

/** Refuses conditions that look at too many neighbouring assets. Other problems may depend on code locations that are not published yet. */
function checkSize(manifest: Manifest): Result<null> {
  const conditions = new Map(
    manifest.assets.flatMap(({ key, automation }) => (automation === undefined ? [] : [[key, automation] as const])),
  );
  if (conditions.size === 0) return ok(null);
  const graph = buildAssetGraph(manifest.assets.map((asset) => ({ ...asset, location: manifest.location })));
  const prepared = prepareAutomation({ graph, conditions, checks: manifest.checks });
  return !prepared.ok && prepared.error.code === "too_large" ? prepared : ok(null);
}

function once<T>(good: Set<string>, value: T, check: (value: T) => Result<unknown>): Result<unknown> {
  const text = JSON.stringify(value);
  if (good.has(text)) return ok(null);
  const result = check(value);
  if (result.ok) good.add(text);
  return result;
}

function checkCondition(condition: Condition): Result<unknown> {
  if (condition.type === "deps_match" || condition.type === "checks_match") {
    for (const text of [condition.allow, condition.ignore]) {
      const parsed = text === undefined ? ok(null) : parseSelection(text);
      if (!parsed.ok) return parsed;
    }
  }
  if (condition.type === "cron_tick_passed") {
    const cron = parseCron(condition.cron);
    if (!cron.ok) return cron;
    const zone = findZone(condition.timezone);
    if (!zone.ok) return zone;
  }
  for (const child of childrenOf(condition)) {
    const read = checkCondition(child);
    if (!read.ok) return read;
  }
  return ok(null);
}
