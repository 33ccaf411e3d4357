/** Where does a problem lead, and which word names its kind? */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { Problem } from "@headgate/shared/api/views.ts";
import { agentsPath, assetPath, codePath, runPath, type DeploymentRef } from "#lib/paths.ts";
import type { Tone } from "#lib/status/look.ts";

export function problemHref(ref: DeploymentRef, problem: Problem): string {
  switch (problem.kind) {
    case "asset_failed":
      return assetPath(ref, problem.subject);
    case "check_failed":
    case "check_warned": {
      const { asset, check } = splitCheck(problem.subject);
      return assetPath(ref, asset, { tab: "checks", query: { check } });
    }
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

export function problemKind(problem: Problem): string {
  switch (problem.kind) {
    case "asset_failed":
      return "asset failed";
    case "check_failed":
      return "check failed";
    case "check_warned":
      return "check warned";
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
  return problem.kind === "check_warned" ? "warn" : "bad";
}

/** Asset keys contain no colon, so the first one ends the key. */
export function splitCheck(subject: string): { readonly asset: string; readonly check: string } {
  const colon = subject.indexOf(":");
  return colon < 0 ? { asset: subject, check: "" } : { asset: subject.slice(0, colon), check: subject.slice(colon + 1) };
}
