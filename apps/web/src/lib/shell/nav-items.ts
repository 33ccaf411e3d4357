/** Which places does the navigation list, where are they, and which of them is the current one? */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { GoTo } from "#lib/keyboard/shortcuts.ts";
import {
  agentsPath,
  assetsPath,
  automationsPath,
  backfillsPath,
  codePath,
  deploymentHome,
  jobsPath,
  lineagePath,
  queuePath,
  runsPath,
  timelinePath,
  type DeploymentRef,
} from "#lib/paths.ts";

export const PLACES = [
  "home",
  "assets",
  "lineage",
  "runs",
  "timeline",
  "queue",
  "automations",
  "backfills",
  "jobs",
  "code",
  "agents",
] as const satisfies readonly GoTo[];
export const PLACE_NAMES: Readonly<Record<GoTo, string>> = {
  home: "Home",
  assets: "Assets",
  lineage: "Lineage",
  runs: "Runs",
  timeline: "Timeline",
  queue: "Queue",
  automations: "Automation",
  backfills: "Backfills",
  jobs: "Jobs",
  code: "Code",
  agents: "Agents",
};

export function goToPath(ref: DeploymentRef, to: GoTo): string {
  switch (to) {
    case "home":
      return deploymentHome(ref);
    case "assets":
      return assetsPath(ref);
    case "lineage":
      return lineagePath(ref);
    case "runs":
      return runsPath(ref);
    case "timeline":
      return timelinePath(ref);
    case "queue":
      return queuePath(ref);
    case "automations":
      return automationsPath(ref);
    case "backfills":
      return backfillsPath(ref);
    case "jobs":
      return jobsPath(ref);
    case "code":
      return codePath(ref);
    case "agents":
      return agentsPath(ref);
    default:
      return assertNever(to);
  }
}

export function isCurrentPlace(ref: DeploymentRef, place: GoTo, pathname: string): boolean {
  const path = goToPath(ref, place);
  return place === "home" ? pathname === path : pathname === path || pathname.startsWith(`${path}/`);
}
