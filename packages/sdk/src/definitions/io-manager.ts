/** Where output values of assets are kept between steps. */
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import type { PartitionRange } from "../options/partitions.ts";
import type { MetadataRecord } from "../values/metadata.ts";
import type { Env, Logger } from "../values/log.ts";
import type { AnyResource, Folders, ResourceMap } from "./resource.ts";

/** What `store` and `load` of an IO manager receive. */
export interface IoContext<R extends readonly AnyResource[] = readonly AnyResource[]> {
  /** Key of the asset whose value it is. */
  readonly asset: string;
  /** Key of the partition; null when the asset has no partitions. For an IO manager with `ranges`, `first...last` when a run makes several. */
  readonly partition: string | null;
  /** Time window of `partition`; only time partitions have one. `end` is not part of it. */
  readonly window?: { readonly start: Date; readonly end: Date } | undefined;
  /** The ends of the range, both included; only for an IO manager with `ranges` when a run makes several partitions. */
  readonly range?: PartitionRange | undefined;
  /** Metadata of the asset's definition, e.g. a table name. */
  readonly metadata: MetadataRecord;
  /** Values of the resources in `requires`, by key. */
  readonly resources: ResourceMap<R>;
  /** Folders that the function may use. */
  readonly folders: Folders;
  /** Environment variables of the worker. */
  readonly env: Env;
  /** Writes log lines, which appear in the run at once. */
  readonly log: Logger;
  /** Aborted when the step is canceled or times out. */
  readonly signal: AbortSignal;
}

/**
 * What `load` of an IO manager returns when nothing is stored for the asset or partition. The step that wanted the value then fails with a
 * message that says which upstream to materialize, and it is not retried. A `load` that throws `NO_VALUE` has the same effect.
 *
 * @example
 * load: async ({ asset }) => (values.has(asset) ? values.get(asset) : NO_VALUE)
 */
export const NO_VALUE: unique symbol = Symbol.for("headgate.no-value");

/** Made by `defineIoManager`. */
export interface IoManager {
  readonly kind: "ioManager";
  /** For messages. */
  readonly name: string;
  /** Resources that its functions use. */
  readonly requires: readonly AnyResource[];
  /** Whether it stores one value for a range of partitions, e.g. in a table. */
  readonly ranges?: boolean | undefined;
  /** Keeps a value; resolves to metadata for the materialization. */
  store(context: IoContext, value: unknown): Promise<MetadataRecord | undefined>;
  /** Resolves to the stored value, or to `NO_VALUE` when nothing is stored. */
  load(context: IoContext): Promise<unknown>;
  /** Partition keys that have a value. The control plane knows the materialized ones, so this is needed only without one, in tests. */
  partitions?(context: IoContext): Promise<readonly string[]>;
}

/** Options of `defineIoManager`. */
export interface IoManagerOptions<R extends readonly AnyResource[]> {
  /** For messages. */
  readonly name: string;
  /** Resources that its functions use. Default: none. */
  readonly requires?: R | undefined;
  /**
   * True: `store` takes one value for a range of partitions, with `context.range` and `context.window`, e.g. the rows of a table. Each of
   * the partitions must be readable afterwards. Default false: it is called for each partition.
   */
  readonly ranges?: boolean | undefined;
  /** May return metadata to add to the materialization, e.g. the path. */
  store(context: IoContext<R>, value: unknown): MetadataRecord | undefined | void | Promise<MetadataRecord | undefined | void>;
  /** Returns the stored value, or `NO_VALUE` when nothing is stored. */
  load(context: IoContext<R>): unknown;
  /** Partition keys that have a value. The control plane knows the materialized ones, so this is needed only without one, in tests. */
  partitions?(context: IoContext<R>): readonly string[] | Promise<readonly string[]>;
}

const IO_MANAGER: OptionRules<IoManagerOptions<[]>> = {
  name: "text",
  requires: "any",
  ranges: "boolean",
  store: "function",
  load: "function",
  partitions: "function",
};

/**
 * Defines where output values are kept; name it in an asset's `ioManager` or for a whole code location.
 *
 * @example
 * const jsonFiles = defineIoManager({
 *   name: "json",
 *   store: ({ asset, folders }, value) => writeFile(`${folders.storage}/${asset}.json`, JSON.stringify(value)),
 *   load: async ({ asset, folders }) => {
 *     const file = `${folders.storage}/${asset}.json`;
 *     return existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : NO_VALUE;
 *   },
 * });
 */
export function defineIoManager<const R extends readonly AnyResource[] = []>(options: IoManagerOptions<R>): IoManager {
  checkOptions(options, IO_MANAGER, {
    call: "defineIoManager",
    definer: defineIoManager,
    what: "IO manager",
    needs: ["name", "store", "load"],
  });
  return {
    kind: "ioManager",
    name: options.name,
    requires: options.requires ?? [],
    ...(options.ranges === true && { ranges: true }),
    store: async (context, value) => (await options.store(context, value)) ?? undefined,
    load: async (context) => await options.load(context),
    ...(options.partitions && { partitions: async (context: IoContext<R>) => (await options.partitions?.(context)) ?? [] }),
  };
}
