/** Link, kind and tone of a problem on the home page. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { AutomationRef } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Problem } from "@headgate/shared/contract/home.ts";
import { agentsPath, assetPath, automationPath, automationsPath, backfillPath, codePath, runPath, type DeploymentRef } from "#lib/paths.ts";
import type { Tone } from "#lib/status/status-style.ts";

export function problemHref(ref: DeploymentRef, problem: Problem): string {
  switch (problem.kind) {
    case "asset_failed":
    case "asset_overdue":
      return assetPath(ref, problem.subject);
    case "partitions_failed":
      return assetPath(ref, problem.subject, { tab: "partitions", query: { status: "failed" } });
    case "check_failed":
    case "check_warned": {
      const { asset, check } = splitCheck(problem.subject);
      return assetPath(ref, asset, { tab: "checks", query: { check } });
    }
    case "automation_failing": {
      const automation = splitAutomation(problem.subject);
      return automation ? automationPath(ref, automation) : automationsPath(ref);
    }
    case "backfill_failed":
      return backfillPath(ref, problem.subject);
    case "location_unavailable":
      return codePath(ref, problem.subject);
    case "no_agent":
      return agentsPath(ref);
    case "run_failed":
      return runPath(ref, problem.subject);
    default:
      return assertNever(problem.kind);
  }
}

/** What the title leaves out; null: nothing. */
export function formatProblemKind(problem: Problem): string | null {
  switch (problem.kind) {
    case "asset_failed":
      return "asset failed";
    case "partitions_failed":
      return "partitions failed";
    // The title says it.
    case "check_failed":
    case "check_warned":
      return null;
    case "asset_overdue":
      return "asset overdue";
    case "automation_failing":
      return splitAutomation(problem.subject)?.kind === "schedule" ? "schedule failing" : "sensor failing";
    case "backfill_failed":
      return "backfill";
    case "location_unavailable":
      return "code does not load";
    case "no_agent":
      return "no agent";
    case "run_failed":
      return "run failed";
    default:
      return assertNever(problem.kind);
  }
}

export function problemTone(problem: Problem): Tone {
  if (problem.kind === "asset_overdue") return "late";
  return problem.kind === "check_warned" || problem.kind === "partitions_failed" ? "warn" : "bad";
}

/** Splits `<location>/<kind>/<name>` at the kind, because location and name may contain slashes. */
export function splitAutomation(subject: string): AutomationRef | null {
  const match = /^(.+?)\/(schedule|sensor)\/(.+)$/.exec(subject);
  if (!match) return null;
  const [, location = "", kind, name = ""] = match;
  return { location, kind: kind === "schedule" ? "schedule" : "sensor", name };
}

/** Asset keys contain no colon, so the first one ends the key. */
export function splitCheck(subject: string): { readonly asset: string; readonly check: string } {
  const colon = subject.indexOf(":");
  return colon < 0 ? { asset: subject, check: "" } : { asset: subject.slice(0, colon), check: subject.slice(colon + 1) };
}
