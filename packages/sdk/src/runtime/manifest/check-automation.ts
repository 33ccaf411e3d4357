/** Jobs and schedules of a code location: how they read in the manifest, and what is wrong with them. */
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import { findZone } from "@headgate/shared/domain/cron/zone.ts";
import { buildAssetGraph, type AssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { emptyClauses, evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { printSelection } from "@headgate/shared/domain/selection/print.ts";
import type { RunRetryPolicy } from "@headgate/shared/manifest/automation.ts";
import {
  manifestJobSchema,
  manifestScheduleSchema,
  type ManifestAsset,
  type ManifestJob,
  type ManifestSchedule,
} from "@headgate/shared/manifest/schema.ts";
import { DURATION_FORMS, secondsIn, secondsOf } from "../../options/duration.ts";
import type { Job, RunRetryOptions } from "../../definitions/job.ts";
import { retryInManifest } from "../../options/retry-policy.ts";
import type { Schedule } from "../../automation/schedule.ts";
import { selectionIn } from "../../options/select.ts";
import { readRunConfig } from "../config-values.ts";
import { reporterOf, startedJob, uniqueByName } from "./named-definitions.ts";
import type { Problems } from "./problems.ts";

export function describeJobs(
  jobs: readonly Job[],
  assets: readonly ManifestAsset[],
  context: { location: string; problems: Problems; /** False: some assets could not be read. */ complete: boolean },
): ManifestJob[] {
  const graph = buildAssetGraph(assets.map((asset) => ({ ...asset, location: context.location })));
  return uniqueByName(jobs, "job", context.problems).map((job) => {
    const definition = job["~definition"];
    const { report, checked } = reporterOf(context.problems, definition.site, `Job "${job.name}"`);
    const selection = selectionIn(definition.selection);
    if (selection === null) report(`'selection' must be a text such as "*" or 'group:"bronze"', or be made with select.`);
    else checkSelection(selection, { graph, complete: context.complete }, report);
    const config = readRunConfig(definition.config);
    if (!config.ok) report(config.error.message);
    return checked(manifestJobSchema, {
      name: job.name,
      selection: selection ?? "*",
      description: definition.description,
      tags: { ...definition.tags },
      ...(definition.config !== undefined && { config: definition.config }),
      retry: retryInManifest(definition.retry, { site: definition.site, report }),
      timeoutSeconds: secondsIn(definition.timeout, "timeout", report),
      ...(definition.runRetry && { runRetry: describeRunRetry(definition.runRetry, report) }),
      ...(definition.priority !== undefined && { priority: definition.priority }),
      source: context.problems.place(definition.site),
    });
  });
}

function describeRunRetry(policy: RunRetryOptions, report: (message: string) => void): RunRetryPolicy {
  const delaySeconds = secondsOf(policy.delay ?? 0);
  if (!(delaySeconds >= 0 && delaySeconds <= 86_400)) report(`'runRetry.delay' must be ${DURATION_FORMS}, at most a day.`);
  if (!(Number.isInteger(policy.maxRetries) && policy.maxRetries >= 0 && policy.maxRetries <= 20))
    report(`'runRetry.maxRetries' must be a whole number from 0 to 20.`);
  return { maxRetries: policy.maxRetries, strategy: policy.strategy ?? "from_failure", delaySeconds, on: policy.on ?? "any" };
}

function checkSelection(
  text: string,
  { graph, complete }: { readonly graph: AssetGraph; readonly complete: boolean },
  report: (message: string) => void,
): void {
  const parsed = parseSelection(text);
  if (!parsed.ok) {
    const position = Number(parsed.error.details?.["position"] ?? 0);
    report(`${parsed.error.message}\n  ${text}\n  ${" ".repeat(position)}^`);
    return;
  }
  // What could not be read has an error of its own; the job may select just that.
  if (!complete) return;
  const result = evaluateSelection(parsed.value, graph);
  if (!result.ok) report(`the selection ${text} cannot be resolved: ${result.error.message}`);
  else if (!result.value.some((key) => graph.isMaterializable(graph.indexOf(key)))) {
    const clauses = emptyClauses(parsed.value, graph).map(printSelection);
    const why = clauses.length > 0 ? `nothing matches ${clauses.join(", ")}` : "it contains only external assets";
    report(`the selection ${text} selects no asset that can be materialized: ${why}.`);
  }
}

export function describeSchedules(schedules: readonly Schedule[], jobs: ReadonlySet<string>, problems: Problems): ManifestSchedule[] {
  return uniqueByName(schedules, "schedule", problems).map((schedule) => {
    const definition = schedule["~definition"];
    const { report, checked } = reporterOf(problems, definition.site, `Schedule "${schedule.name}"`);
    const job = startedJob(definition.job, jobs, report);
    const cron = cronsIn(definition.cron, report);
    const zone = findZone(definition.timezone);
    if (!zone.ok) report(zone.error.message);
    return checked(manifestScheduleSchema, {
      name: schedule.name,
      job,
      cron,
      timezone: definition.timezone,
      description: definition.description,
      defaultStatus: definition.defaultStatus,
      evaluated: definition.evaluate !== undefined,
      tags: { ...definition.tags },
      ...timingOf(definition, report),
      source: problems.place(definition.site),
    });
  });
}

function cronsIn(given: unknown, report: (message: string) => void): string[] {
  const texts: unknown[] = Array.isArray(given) ? given : [given];
  if (texts.length === 0) report("it has no cron expression.");
  return texts.map((text) => {
    if (typeof text !== "string") report(`'cron' must be an expression such as "0 2 * * *", or a list of them.`);
    const cron = typeof text === "string" ? parseCron(text) : null;
    if (cron?.ok === false) report(cron.error.message);
    return String(text);
  });
}

function timingOf(
  { catchUp, overlap, jitterSeconds, timeoutSeconds }: Schedule["~definition"],
  report: (message: string) => void,
): Pick<ManifestSchedule, "catchUp" | "overlap" | "jitterSeconds" | "timeoutSeconds"> {
  if (jitterSeconds !== undefined && !(jitterSeconds >= 0 && jitterSeconds <= 86_400))
    report(`'jitter' must be ${DURATION_FORMS}, at most a day.`);
  if (timeoutSeconds !== undefined && !(timeoutSeconds > 0)) report(`'timeout' must be ${DURATION_FORMS}.`);
  const policy = catchUpOf(catchUp, report);
  return {
    ...(policy && { catchUp: policy }),
    ...(overlap !== undefined && { overlap }),
    ...(jitterSeconds !== undefined && { jitterSeconds }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
}

function catchUpOf(catchUp: Schedule["~definition"]["catchUp"], report: (message: string) => void): ManifestSchedule["catchUp"] {
  if (catchUp === undefined) return undefined;
  if (typeof catchUp === "string") return { type: catchUp };
  if ("last" in catchUp) {
    if (!(Number.isInteger(catchUp.last) && catchUp.last >= 1)) report(`'catchUp.last' must be a whole number of at least 1.`);
    return { type: "last", count: catchUp.last };
  }
  const seconds = secondsOf(catchUp.within);
  if (!(seconds > 0)) report(`'catchUp.within' must be a number of seconds or a text such as "30m", "6h" or "2d".`);
  return { type: "within", ms: seconds * 1000 };
}
