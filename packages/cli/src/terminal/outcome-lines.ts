/** The result of publishing each code location, as lines and as JSON. */
import type { VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import { plural } from "@headgate/shared/format/number.ts";
import type { LocationOutcome } from "../publish/publish-project.ts";
import { problemLines } from "./problem-lines.ts";
import { offLines } from "./switch-lines.ts";
import type { Colors } from "./terminal.ts";

export function countsText(counts: VersionView["counts"]): string {
  const parts = [
    plural(counts.assets, "asset"),
    counts.checks > 0 && plural(counts.checks, "check"),
    counts.jobs > 0 && plural(counts.jobs, "job"),
    counts.schedules > 0 && plural(counts.schedules, "schedule"),
    counts.sensors > 0 && plural(counts.sensors, "sensor"),
  ];
  return parts.filter((part) => part !== false).join(", ");
}

export function outcomeLines(outcome: LocationOutcome, colors: Colors): readonly string[] {
  if (!outcome.ok) {
    const title = `${colors.red("✗")} ${colors.bold(outcome.name)} does not load; the version before stays active`;
    return [title, "", ...problemLines(outcome.problems, colors).map((line) => (line === "" ? "" : `  ${line}`))];
  }
  const { version, changed, switch: switched } = outcome.published;
  const what = changed ? `published version ${version.number}` : `version ${version.number} is unchanged`;
  return [
    `${colors.green("✓")} ${colors.bold(outcome.name)} ${what}: ${countsText(version.counts)}`,
    ...warningLines(outcome.built.warnings, colors),
    ...(switched === null ? [] : offLines(switched, colors)),
  ];
}

export function warningLines(warnings: readonly string[], colors: Colors): readonly string[] {
  return warnings.map((warning) => `  ${colors.yellow("warning")}: ${warning}`);
}

export function outcomeJson(outcome: LocationOutcome): unknown {
  if (!outcome.ok) return { location: outcome.name, ok: false, errors: outcome.problems };
  const { version, changed, uploaded, switch: switched } = outcome.published;
  return {
    location: outcome.name,
    ok: true,
    version: version.id,
    number: version.number,
    changed,
    counts: version.counts,
    uploaded,
    externals: outcome.built.externals,
    switch: switched,
    ...(outcome.built.warnings.length > 0 && { warnings: outcome.built.warnings }),
  };
}
