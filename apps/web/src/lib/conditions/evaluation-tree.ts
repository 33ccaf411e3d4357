/** Style and name of a node of an evaluation tree. Pure. */
import type { EvaluationNode } from "@headgate/shared/domain/automation/tree.ts";
import type { StatusStyle } from "#lib/status/status-style.ts";

export function nodeStyle(node: Pick<EvaluationNode, "asked" | "count">): StatusStyle {
  if (node.asked === 0) return { tone: "stopped", label: "Not evaluated" };
  if (node.count === 0) return { tone: "idle", label: "False" };
  return node.count >= node.asked ? { tone: "good", label: "True" } : { tone: "warn", label: "Partly true" };
}

const OPERATORS: Readonly<Record<string, string>> = {
  and: "All of",
  or: "Any of",
  not: "Not",
  since: "Since … until",
  newly_true: "Newly true",
  any_downstream_conditions: "Any downstream condition is true",
  missing: "Missing",
  run_in_progress: "Run in progress",
  backfill_in_progress: "Backfill in progress",
  execution_failed: "Last execution failed",
  newly_updated: "Updated since the last evaluation",
  newly_requested: "Requested by the last evaluation",
  will_be_requested: "Requested in this evaluation",
  initial_evaluation: "First evaluation",
  code_version_changed: "Code version changed",
  data_version_changed: "Data version changed",
  check_passed: "Check passed",
  check_failed: "Check failed",
  executed_with_root_target: "Updated together with this asset",
  in_latest_time_window: "In the latest time window",
};

/** `any_deps_match(allow …)` -> `Any dependency (allow …)`. */
export function formatNode(node: Pick<EvaluationNode, "name" | "label">): { readonly text: string; readonly detail: string | null } {
  const words = formatOperator(node.name);
  return node.label === undefined ? { text: words, detail: null } : { text: node.label.replaceAll("_", " "), detail: words };
}

function formatOperator(name: string): string {
  const known = OPERATORS[name];
  if (known !== undefined) return known;
  const [, base = name, , parameters] = /^([^(]+)(\((.*)\))?$/.exec(name) ?? [];
  const suffix = parameters === undefined ? "" : ` (${parameters})`;
  switch (base) {
    case "any_deps_match":
      return `Any dependency${suffix}`;
    case "all_deps_match":
      return `All dependencies${suffix}`;
    case "any_checks_match":
      return `Any check${suffix}`;
    case "all_checks_match":
      return `All checks${suffix}`;
    case "cron_tick_passed":
      return `Cron tick passed: ${parameters ?? ""}`;
    case "freshness":
      return `Freshness is ${parameters ?? "fresh"}`;
    case "in_latest_time_window":
      return `In the latest time window${suffix}`;
    default:
      return `${base.replaceAll("_", " ")}${suffix}`;
  }
}
