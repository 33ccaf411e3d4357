/** Schedules: jobs that run by the clock. */
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { DEFAULT_STATUS } from "../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import type { Job } from "../definitions/job.ts";
import type { Env, Logger } from "../values/log.ts";
import type { AnyResource, Folders, ResourceMap } from "../definitions/resource.ts";
import type { Requests } from "./tick-request.ts";
import { type Duration, secondsOf } from "../options/duration.ts";

/** What `evaluate` of a schedule receives. */
export interface ScheduleContext<R extends readonly AnyResource[] = readonly AnyResource[]> {
  /** When the tick was due, which may be a little in the past. */
  readonly scheduledFor: Date;
  /** Values of the resources in `requires`, by key. */
  readonly resources: ResourceMap<R>;
  /** Writes log lines, which appear in the tick. */
  readonly log: Logger;
  /** Aborted when the tick times out. */
  readonly signal: AbortSignal;
  /** Environment variables of the worker. */
  readonly env: Env;
  /** Folders that the function may use. */
  readonly folders: Folders;
}

/** Options of `defineSchedule`. */
export interface ScheduleOptions<R extends readonly AnyResource[]> {
  /** The job to run, or its name. */
  readonly job: Job | string;
  /** Five fields or `@daily`...; several expressions tick at each of their times. */
  readonly cron: string | readonly string[];
  /** IANA zone. Default UTC. */
  readonly timezone?: string | undefined;
  /** Default: `<job>_schedule`. */
  readonly name?: string | undefined;
  /** Shown in the dashboard. */
  readonly description?: string | undefined;
  /**
   * Whether it is on before a person switches it. `"running"`: from the first publish. `"stopped"`: only when it is switched on itself.
   * Default: once its code location is switched on with `headgate on --location <name>`.
   */
  readonly defaultStatus?: "running" | "stopped" | undefined;
  /** Tags of its runs. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * Catch-up: which ticks that the control plane missed still run. `latest`, `none`, the `last` few, or all `within` a time.
   * Default `latest`.
   */
  readonly catchUp?: "latest" | "none" | { readonly last: number } | { readonly within: Duration } | undefined;
  /** What a tick does while a run of this schedule is still active. Default `allow`. */
  readonly overlap?: "allow" | "skip" | "queue" | "cancel_previous" | undefined;
  /** Delays each tick by a random time up to this one, so that schedules of the same minute do not start at once. Default: no delay. */
  readonly jitter?: Duration | undefined;
  /** Time limit of `evaluate`. Default 60 seconds. */
  readonly timeout?: Duration | undefined;
  /** Resources that `evaluate` uses. Default: none. */
  readonly requires?: R | undefined;
  /** Decides at each tick. Default: each tick asks for one run; a partitioned job runs for the partition that has just ended. */
  evaluate?(context: ScheduleContext<R>): Requests;
}

const SCHEDULE: OptionRules<ScheduleOptions<[]>> = {
  job: "any",
  cron: "any",
  timezone: "text",
  name: "text",
  description: "text",
  defaultStatus: DEFAULT_STATUS,
  tags: "object",
  catchUp: { or: ["text"], options: { last: "number", within: "duration" } },
  overlap: "any",
  jitter: "duration",
  timeout: "duration",
  requires: "any",
  evaluate: "function",
};

/** Made by `defineSchedule()`. */
export interface Schedule {
  readonly kind: "schedule";
  /** Unique in the code location. */
  readonly name: string;
  readonly "~definition": ErasedSchedule;
}

interface ErasedSchedule {
  readonly job: Job | string;
  readonly cron: readonly string[];
  readonly timezone: string;
  readonly description: string | undefined;
  readonly defaultStatus: "running" | "stopped" | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly catchUp: ScheduleOptions<[]>["catchUp"];
  readonly overlap: ScheduleOptions<[]>["overlap"];
  readonly jitterSeconds: number | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly requires: readonly AnyResource[];
  readonly site: DefinitionSite | undefined;
  readonly evaluate: ((context: ScheduleContext) => Requests) | undefined;
}

/**
 * Defines a schedule.
 *
 * @example
 * export const daily = defineSchedule({ job: fullRefresh, cron: "0 2 * * *", timezone: "Europe/Paris" });
 */
export function defineSchedule<const R extends readonly AnyResource[] = []>(options: ScheduleOptions<R>): Schedule {
  checkOptions(options, SCHEDULE, { call: "defineSchedule", definer: defineSchedule, what: "Schedule" });
  // A module that imports its importer gets undefined; publishing reports it with its place.
  const job = options.job as typeof options.job | undefined;
  return {
    kind: "schedule",
    name: options.name ?? `${typeof job === "string" ? job : (job?.name ?? "nameless")}_schedule`,
    "~definition": {
      job: options.job,
      cron: typeof options.cron === "string" ? [options.cron] : options.cron,
      timezone: options.timezone ?? "UTC",
      description: options.description,
      defaultStatus: options.defaultStatus,
      tags: options.tags ?? {},
      catchUp: options.catchUp,
      overlap: options.overlap,
      jitterSeconds: options.jitter === undefined ? undefined : secondsOf(options.jitter),
      timeoutSeconds: options.timeout === undefined ? undefined : secondsOf(options.timeout),
      requires: options.requires ?? [],
      site: captureSite(defineSchedule),
      evaluate: options.evaluate && ((context) => options.evaluate?.(context)),
    },
  };
}
