/** Partition definitions as users write them; the arithmetic of keys and windows is in the shared domain. */
import type {
  DynamicPartitions,
  MultiPartitions,
  PartitionMapping,
  PartitionsDefinition,
  StaticPartitions,
  TimeWindowPartitions,
} from "@headgate/shared/domain/partitions/definition.ts";

export type { PartitionMapping };

/** A partitions definition; `T` is what `partition` is in `run`. */
export interface Partitions<T = unknown> {
  readonly kind: "partitions";
  readonly definition: PartitionsDefinition;
  readonly "~partition"?: T;
}

/** Set when one run makes several partitions that are next to each other; both ends are included. */
export interface PartitionRange {
  readonly first: string;
  readonly last: string;
  readonly count: number;
}

/** `partition` of an asset with time partitions. The window is half-open; of a range it is the window from its first to its last. */
export interface TimePartition {
  /** Of a range `first...last`. */
  readonly key: string;
  readonly range?: PartitionRange | undefined;
  readonly window: { readonly start: Date; readonly end: Date };
}
/** `partition` of an asset with static or dynamic partitions. */
export interface KeyPartition<K extends string = string> {
  readonly key: K;
  readonly range?: PartitionRange | undefined;
}
/** `partition` of an asset with several dimensions. */
export interface MultiPartition<D extends string = string> {
  readonly key: string;
  readonly range?: PartitionRange | undefined;
  /** Of the time dimension, where there is one. */
  readonly window?: { readonly start: Date; readonly end: Date } | undefined;
  readonly keys: Readonly<Record<D, string>>;
}

interface TimeOptions {
  /** Start of the first window, in the format of the keys. */
  readonly start: string;
  readonly end?: string | undefined;
  /** IANA zone, default UTC. */
  readonly timezone?: string | undefined;
  readonly minuteOffset?: number | undefined;
  /** Adds (or, negative, drops) windows after the last complete one. */
  readonly endOffset?: number | undefined;
  /** strftime format of the keys. */
  readonly format?: string | undefined;
}
interface DayOptions extends TimeOptions {
  readonly hourOffset?: number | undefined;
}

function time(
  cadence: TimeWindowPartitions["cadence"],
  options: Omit<TimeWindowPartitions, "type" | "cadence">,
): Partitions<TimePartition> {
  return { kind: "partitions", definition: { type: "time", cadence, ...options } };
}

/**
 * One partition per hour; keys look like `2025-01-31-05:00`.
 *
 * @example
 * partitions: hourlyPartitions({ start: "2025-01-01-00:00" })
 */
export function hourlyPartitions(options: TimeOptions): Partitions<TimePartition> {
  return time("hourly", options);
}

/**
 * One partition per day; keys look like `2025-01-31`.
 *
 * @example
 * partitions: dailyPartitions({ start: "2025-01-01", timezone: "Europe/Paris" })
 */
export function dailyPartitions(options: DayOptions): Partitions<TimePartition> {
  return time("daily", options);
}

/**
 * One partition per week; the key is the week's first day.
 *
 * @example
 * partitions: weeklyPartitions({ start: "2025-01-05", dayOffset: 1 })
 */
export function weeklyPartitions(
  options: DayOptions & { /** 0 = Sunday (default) .. 6. */ readonly dayOffset?: number | undefined },
): Partitions<TimePartition> {
  return time("weekly", options);
}

/**
 * One partition per month; the key is the month's first day.
 *
 * @example
 * partitions: monthlyPartitions({ start: "2025-01-01" })
 */
export function monthlyPartitions(
  options: DayOptions & { /** 1 (default) .. 31. */ readonly dayOffset?: number | undefined },
): Partitions<TimePartition> {
  return time("monthly", options);
}

/**
 * One partition between each two ticks of a cron expression.
 *
 * @example
 * partitions: cronPartitions({ cron: "0 6 * * 1-5", start: "2025-01-01", format: "%Y-%m-%d" })
 */
export function cronPartitions(options: TimeOptions & { readonly cron: string }): Partitions<TimePartition> {
  return time("cron", options);
}

/**
 * A fixed list of partitions.
 *
 * @example
 * partitions: staticPartitions(["eu", "us"])
 */
export function staticPartitions<const K extends string>(keys: readonly K[]): Partitions<KeyPartition<K>> {
  return { kind: "partitions", definition: { type: "static", keys } satisfies StaticPartitions };
}

/**
 * Partitions that come and go at run time, in a named set of the deployment.
 *
 * @example
 * partitions: dynamicPartitions("customers")
 */
export function dynamicPartitions(name: string): Partitions<KeyPartition> {
  return { kind: "partitions", definition: { type: "dynamic", name } satisfies DynamicPartitions };
}

/**
 * Partitions along several dimensions.
 *
 * @example
 * partitions: multiPartitions({ day: dailyPartitions({ start: "2025-01-01" }), region: staticPartitions(["eu", "us"]) })
 */
export function multiPartitions<const D extends string>(dimensions: Readonly<Record<D, Partitions>>): Partitions<MultiPartition<D>> {
  const entries = Object.entries<Partitions>(dimensions);
  const definition = {
    type: "multi",
    // The indexer refuses a dimension that is itself multi-dimensional.
    dimensions: entries.map(([name, { definition }]) => ({ name, partitions: definition as TimeWindowPartitions })),
  } satisfies MultiPartitions;
  return { kind: "partitions", definition };
}

/**
 * Which upstream partitions a partition depends on, where "the same one" is not right.
 *
 * @example
 * deps: [dep(dailyEvents, mapping.timeWindow({ startOffset: -1 }))]
 */
export const mapping = {
  identity: (): PartitionMapping => ({ type: "identity" }),
  all: (): PartitionMapping => ({ type: "all" }),
  last: (): PartitionMapping => ({ type: "last" }),
  specific: (keys: readonly string[]): PartitionMapping => ({ type: "specific", keys }),
  timeWindow: (options: Omit<Extract<PartitionMapping, { type: "time_window" }>, "type"> = {}): PartitionMapping => ({
    type: "time_window",
    ...options,
  }),
  static: (downstreamByUpstream: Readonly<Record<string, readonly string[]>>): PartitionMapping => ({
    type: "static",
    downstreamByUpstream,
  }),
  dimension: (dimension: string): PartitionMapping => ({ type: "dimension", dimension }),
};
