/** Partition definitions as users write them; the arithmetic of keys and windows is in the shared domain. */
import type {
  DynamicPartitions,
  MultiPartitions,
  PartitionMapping,
  PartitionsDefinition,
  StaticPartitions,
  TimeWindowPartitions,
} from "@headgate/shared/domain/partitions/definition.ts";
import { checkOptions, type OptionRules } from "./check-options.ts";
import type { KeyGrid, MultiGrid, TimeGrid } from "./partition-grid.ts";

export type { PartitionMapping };

/** A partitions definition; `T` is what `partition` is in `run`, and `G` says which partitions there are. */
export interface Partitions<T = unknown, G = unknown> {
  readonly kind: "partitions";
  /** As the manifest has it. */
  readonly definition: PartitionsDefinition;
  readonly "~partition"?: T;
  readonly "~grid"?: G;
}

/** Set when one run makes several partitions that are next to each other; both ends are included. */
export interface PartitionRange {
  /** Key of the first partition. */
  readonly first: string;
  /** Key of the last partition. */
  readonly last: string;
  /** How many partitions there are. */
  readonly count: number;
}

/** `partition` of an asset with time partitions. The window does not contain its end; a range has the window from its first to its last partition. */
export interface TimePartition {
  /** Key of the partition; for a range `first...last`. */
  readonly key: string;
  /** Every key that the run makes: one, or all of the range. */
  readonly each: readonly string[];
  /** Set when one run makes several partitions. */
  readonly range?: PartitionRange | undefined;
  /** `end` is not part of the window. */
  readonly window: { readonly start: Date; readonly end: Date };
}
/** `partition` of an asset with static or dynamic partitions. */
export interface KeyPartition<K extends string = string> {
  /** Key of the partition. */
  readonly key: K;
  /** Every key that the run makes: one, or all of the range. */
  readonly each: readonly string[];
  /** Set when one run makes several partitions. */
  readonly range?: PartitionRange | undefined;
}
/** `partition` of an asset with several dimensions. */
export interface MultiPartition<D extends string = string> {
  /** The keys of all dimensions, joined with `|`. */
  readonly key: string;
  /** Every key that the run makes: one, or all of the range. */
  readonly each: readonly string[];
  /** Set when one run makes several partitions. */
  readonly range?: PartitionRange | undefined;
  /** Window of the time dimension; undefined without one. */
  readonly window?: { readonly start: Date; readonly end: Date } | undefined;
  /** Dimension -> key. */
  readonly keys: Readonly<Record<D, string>>;
}

/** Options of time partitions of any size. */
export interface TimePartitionsOptions {
  /** Start of the first window, in the format of the keys. */
  readonly start: string;
  /** End of the last window, in the format of the keys. Default: none. */
  readonly end?: string | undefined;
  /** IANA zone. Default UTC. */
  readonly timezone?: string | undefined;
  /** Minutes after the full hour at which windows begin. Default 0. */
  readonly minuteOffset?: number | undefined;
  /** Adds (or, negative, drops) windows after the last complete one. Default 0. */
  readonly endOffset?: number | undefined;
  /** strftime format of the keys. Default: as the function says. */
  readonly format?: string | undefined;
}
/** Options of `dailyPartitions`. */
export interface DailyPartitionsOptions extends TimePartitionsOptions {
  /** Hour of the day at which windows begin. Default 0. */
  readonly hourOffset?: number | undefined;
}
/** Options of `weeklyPartitions`. */
export interface WeeklyPartitionsOptions extends DailyPartitionsOptions {
  /** Day at which windows begin: 0 is Sunday (the default), 6 is Saturday. */
  readonly dayOffset?: number | undefined;
}
/** Options of `monthlyPartitions`. */
export interface MonthlyPartitionsOptions extends DailyPartitionsOptions {
  /** Day of the month at which windows begin, 1 (the default) to 31. */
  readonly dayOffset?: number | undefined;
}
/** Options of `cronPartitions`. */
export interface CronPartitionsOptions extends TimePartitionsOptions {
  /** Five fields; a window lasts from one tick to the next. */
  readonly cron: string;
}

const TIME: OptionRules<TimePartitionsOptions> = {
  start: "text",
  end: "text",
  timezone: "text",
  minuteOffset: "number",
  endOffset: "number",
  format: "text",
};
const DAILY: OptionRules<DailyPartitionsOptions> = { ...TIME, hourOffset: "number" };
const WEEKLY: OptionRules<WeeklyPartitionsOptions> = { ...DAILY, dayOffset: "number" };
const CRON: OptionRules<CronPartitionsOptions> = { ...TIME, cron: "text" };
const RULES = { hourly: TIME, daily: DAILY, weekly: WEEKLY, monthly: WEEKLY, cron: CRON };

function time<G>(
  cadence: TimeWindowPartitions["cadence"],
  options: Omit<TimeWindowPartitions, "type" | "cadence">,
  definer: (...args: never[]) => unknown,
): Partitions<TimePartition, G> {
  const call = `${cadence}Partitions`;
  checkOptions<Record<string, unknown>>(options, RULES[cadence], { call, definer, what: call, needs: ["start"] });
  return { kind: "partitions", definition: { type: "time", cadence, ...options } };
}

/**
 * One partition per hour; keys look like `2025-01-31-05:00`.
 *
 * @example
 * partitions: hourlyPartitions({ start: "2025-01-01-00:00" })
 */
export function hourlyPartitions<const O extends TimePartitionsOptions>(options: O): Partitions<TimePartition, TimeGrid<"hourly", O>> {
  return time("hourly", options, hourlyPartitions);
}

/**
 * One partition per day; keys look like `2025-01-31`.
 *
 * @example
 * partitions: dailyPartitions({ start: "2025-01-01", timezone: "Europe/Paris" })
 */
export function dailyPartitions<const O extends DailyPartitionsOptions>(options: O): Partitions<TimePartition, TimeGrid<"daily", O>> {
  return time("daily", options, dailyPartitions);
}

/**
 * One partition per week; the key is the week's first day.
 *
 * @example
 * partitions: weeklyPartitions({ start: "2025-01-05", dayOffset: 1 })
 */
export function weeklyPartitions<const O extends WeeklyPartitionsOptions>(options: O): Partitions<TimePartition, TimeGrid<"weekly", O>> {
  return time("weekly", options, weeklyPartitions);
}

/**
 * One partition per month; the key is the month's first day.
 *
 * @example
 * partitions: monthlyPartitions({ start: "2025-01-01" })
 */
export function monthlyPartitions<const O extends MonthlyPartitionsOptions>(options: O): Partitions<TimePartition, TimeGrid<"monthly", O>> {
  return time("monthly", options, monthlyPartitions);
}

/**
 * One partition between each two ticks of a cron expression.
 *
 * @example
 * partitions: cronPartitions({ cron: "0 6 * * 1-5", start: "2025-01-01", format: "%Y-%m-%d" })
 */
export function cronPartitions<const O extends CronPartitionsOptions>(options: O): Partitions<TimePartition, TimeGrid<"cron", O>> {
  return time("cron", options, cronPartitions);
}

/**
 * A fixed list of partitions.
 *
 * @example
 * partitions: staticPartitions(["eu", "us"])
 */
export function staticPartitions<const K extends string>(keys: readonly K[]): Partitions<KeyPartition<K>, KeyGrid<K>> {
  return { kind: "partitions", definition: { type: "static", keys } satisfies StaticPartitions };
}

/**
 * Partitions that come and go at run time, in a named set of the deployment.
 *
 * @example
 * partitions: dynamicPartitions("customers")
 */
export function dynamicPartitions<const N extends string>(name: N): Partitions<KeyPartition, KeyGrid<{ readonly set: N }>> {
  return { kind: "partitions", definition: { type: "dynamic", name } satisfies DynamicPartitions };
}

/**
 * Partitions along several dimensions.
 *
 * @example
 * partitions: multiPartitions({ day: dailyPartitions({ start: "2025-01-01" }), region: staticPartitions(["eu", "us"]) })
 */
export function multiPartitions<const D extends Readonly<Record<string, Partitions>>>(
  dimensions: D,
): Partitions<MultiPartition<keyof D & string>, MultiGrid<D>> {
  const entries = Object.entries<Partitions>(dimensions);
  const definition = {
    type: "multi",
    // The indexer refuses a dimension that is itself multi-dimensional.
    dimensions: entries.map(([name, { definition }]) => ({ name, partitions: definition as TimeWindowPartitions })),
  } satisfies MultiPartitions;
  return { kind: "partitions", definition };
}

type Mapping<N extends PartitionMapping["type"]> = Extract<PartitionMapping, { readonly type: N }>;
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no offsets means exactly: no names
type NoOffsets = Readonly<Record<never, never>>;

/**
 * Which upstream partitions a partition depends on, where "the same one" is not right.
 *
 * @example
 * deps: [dep(dailyEvents, mapping.timeWindow({ startOffset: -1 }))]
 */
export const mapping = {
  /** The same key. This is the default. */
  identity: (): Mapping<"identity"> => ({ type: "identity" }),
  /** All partitions of the upstream. */
  all: (): Mapping<"all"> => ({ type: "all" }),
  /** The last partition of the upstream. */
  last: (): Mapping<"last"> => ({ type: "last" }),
  /** These partitions of the upstream, whatever the own one. */
  specific: <const K extends readonly string[]>(keys: K): Mapping<"specific"> & { readonly keys: K } => ({ type: "specific", keys }),
  /** Time windows that overlap the own one, moved by `startOffset` and `endOffset` windows. */
  timeWindow: <const O extends Omit<Mapping<"time_window">, "type"> = NoOffsets>(options?: O): Mapping<"time_window"> & O => ({
    type: "time_window",
    ...(options as O),
  }),
  /** Upstream key -> own keys that depend on it. */
  static: (downstreamByUpstream: Readonly<Record<string, readonly string[]>>): Mapping<"static"> => ({
    type: "static",
    downstreamByUpstream,
  }),
  /** One dimension of the upstream, or of the asset itself. */
  dimension: (dimension: string): Mapping<"dimension"> => ({ type: "dimension", dimension }),
};
