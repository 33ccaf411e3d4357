/** What a partitions definition is; see the sibling files for keys, windows, subsets and mappings. */
export interface TimeWindowPartitions {
  readonly type: "time";
  readonly cadence: "hourly" | "daily" | "weekly" | "monthly" | "cron";
  /** Present when cadence is "cron". Otherwise derived from cadence and the offsets. */
  readonly cron?: string | undefined;
  /** First window's earliest start, written in `format`, civil time in `timezone`. */
  readonly start: string;
  /** Windows must end at or before this civil time (exclusive bound of the last window). */
  readonly end?: string | undefined;
  /** IANA zone; default UTC. */
  readonly timezone?: string | undefined;
  /** strftime format of keys; default `%Y-%m-%d`, hourly `%Y-%m-%d-%H:%M`. */
  readonly format?: string | undefined;
  readonly minuteOffset?: number | undefined;
  readonly hourOffset?: number | undefined;
  /** Weekly: 0 = Sunday .. 6. Monthly: 1..31. */
  readonly dayOffset?: number | undefined;
  /** n > 0 adds n windows after the last complete one, n < 0 drops. */
  readonly endOffset?: number | undefined;
  /** Cron expressions or keys whose windows do not exist. */
  readonly exclusions?: readonly string[] | undefined;
}
export interface StaticPartitions {
  readonly type: "static";
  readonly keys: readonly string[];
}
export interface DynamicPartitions {
  readonly type: "dynamic";
  /** Name of the deployment-wide key set. */
  readonly name: string;
}
export interface MultiPartitions {
  readonly type: "multi";
  readonly dimensions: readonly {
    readonly name: string;
    readonly partitions: TimeWindowPartitions | StaticPartitions | DynamicPartitions;
  }[];
}
export type PartitionsDefinition = TimeWindowPartitions | StaticPartitions | DynamicPartitions | MultiPartitions;

/** Half-open window [start, end) in milliseconds since the epoch. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}

/** Which upstream partitions a partition depends on. */
export type PartitionMapping =
  | { readonly type: "identity" }
  | {
      readonly type: "time_window";
      /** Windows by which the start moves; negative: earlier. Default 0. */
      readonly startOffset?: number | undefined;
      /** Windows by which the end moves; negative: earlier. Default 0. */
      readonly endOffset?: number | undefined;
      /** True: windows that the upstream does not have are ignored instead of being an error. Default false. */
      readonly allowNonexistentUpstream?: boolean | undefined;
    }
  | { readonly type: "all" }
  | { readonly type: "last" }
  | {
      readonly type: "specific";
      /** Keys of the upstream. */
      readonly keys: readonly string[];
    }
  | {
      readonly type: "static";
      /** Upstream key -> downstream keys. */
      readonly downstreamByUpstream: Readonly<Record<string, readonly string[]>>;
    }
  | {
      readonly type: "dimension";
      /** Name of the dimension. */
      readonly dimension: string;
    };
