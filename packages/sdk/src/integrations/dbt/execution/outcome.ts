/** What a `dbt build` comes to as the outcome of its step: what failed first, in one sentence, and whether a retry would do anything. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { BuildReport } from "../report/build-report.ts";
import { cleanMessage, inOneLine, linesAfterReason, reasonFirst } from "../report/failure.ts";
import type { DbtExit } from "./run-dbt.ts";

export interface Ending {
  readonly exit: DbtExit;
  readonly report: BuildReport;
  readonly wanted: { readonly assets: ReadonlySet<string> };
  readonly signal: AbortSignal;
  /** How many assets the step has, also those that an earlier attempt made. */
  readonly stepAssets: number;
}

export function outcomeOf(ending: Ending): StepOutcome {
  const { exit, report, wanted, signal } = ending;
  if (signal.aborted) return { outcome: "canceled" };
  const missing = [...wanted.assets].filter((key) => !report.materialized.has(key));
  if (exit.code === 0 && missing.length === 0) return { outcome: "succeeded" };
  const [helper] = report.failedHelpers;
  if (helper !== undefined && report.failed.size + report.skipped.size < missing.length) report.skipRest(inOneLine(helper));
  const helpers = report.failedHelpers.map((sentence) => `; ${sentence}`).join("");
  const [cause] = report.failed.values();
  const extra = cause?.source ? { source: cause.source } : {};
  if (report.failed.size > 0) {
    const names = [...report.failed].map(([key, failure]) => `${key}: ${inOneLine(failure.message)}`);
    const where = report.failed.size === 1 && cause ? linesAfterReason(cause.message) : "";
    const message = `${report.failed.size} of ${ending.stepAssets} dbt ${ending.stepAssets === 1 ? "asset" : "assets"} failed${skippedText(report)}. ${names.join("; ")}${helpers}${where}`;
    return {
      outcome: "failed",
      failure: { ...dbtFailure(message), ...extra },
      retryable: report.failedChecks.size + report.failedTests.size === 0,
    };
  }
  const tests = [...report.failedChecks, ...report.failedTests];
  if (tests.length > 0) {
    const names = tests.map(([name, message]) => `${name}${message === "" ? "" : ` (${inOneLine(message)})`}`);
    const which = report.failedChecks.size > 0 ? "blocking check" : "dbt test";
    const message = `${tests.length === 1 ? `A ${which}` : `${tests.length} ${which}s`} failed${skippedText(report)}: ${names.join("; ")}${helpers}`;
    return { outcome: "failed", failure: { kind: "check_failed", message: message.slice(0, 20_000) }, retryable: false };
  }
  if (helper !== undefined) {
    const rest = missing.length === 0 && wanted.assets.size > 0 ? ` All ${wanted.assets.size} assets of the step were built.` : "";
    const others = report.failedHelpers.slice(1).map((sentence) => `; ${sentence}`);
    const message = `The ${helper}${others.join("")}${skippedText(report)}.${rest}`;
    // dbt cannot run its hooks alone, so a retry would build again what is there.
    return { outcome: "failed", failure: dbtFailure(message), retryable: missing.length > 0 };
  }
  const failure = dbtFailure(wholeFailure(exit, missing));
  // Another program has the database open and will close it.
  return { outcome: "failed", failure, retryable: report.started || failure.message.includes("Could not set lock on file") };
}

/** Nothing in particular failed: dbt did not get so far, or did not do all that was asked. */
function wholeFailure(exit: DbtExit, missing: readonly string[]): string {
  if (exit.code === 0)
    return `dbt ended well, but did not build ${missing.slice(0, 10).join(", ")}: the project differs from the published one. Publish the code location again.`;
  const said = exit.error ?? exit.stderr.trim().split("\n").slice(-5).join("\n");
  const how = exit.code === null ? "dbt was killed" : `dbt ended with exit code ${exit.code}`;
  return said === "" ? `${how}.` : `${how}: ${reasonFirst(cleanMessage(said))}`;
}

function skippedText({ skipped }: BuildReport): string {
  return skipped.size === 0 ? "" : `, ${skipped.size} skipped`;
}

function dbtFailure(message: string): Failure {
  return { kind: "dbt", message: message.slice(0, 20_000) };
}
