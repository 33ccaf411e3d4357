/** Where output values of assets are kept between steps. */
import type { MetadataRecord } from "../values/metadata.ts";
import type { Env, Logger } from "../values/log.ts";
import type { AnyResource, Folders, ResourceMap } from "./resource.ts";

/** What `store` and `load` of an IO manager receive. */
export interface IoContext<R extends readonly AnyResource[] = readonly AnyResource[]> {
  /** Key of the asset whose value it is. */
  readonly asset: string;
  /** Key of the partition; null when the asset has no partitions. */
  readonly partition: string | null;
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
  /** Keeps a value; resolves to metadata for the materialization. */
  store(context: IoContext, value: unknown): Promise<MetadataRecord | undefined>;
  /** Resolves to the stored value, or to `NO_VALUE` when nothing is stored. */
  load(context: IoContext): Promise<unknown>;
  /** Partition keys that have a value; needed for `allPartitions` and `lastPartition`. */
  partitions?(context: IoContext): Promise<readonly string[]>;
}

/** Options of `defineIoManager`. */
export interface IoManagerOptions<R extends readonly AnyResource[]> {
  /** For messages. */
  readonly name: string;
  /** Resources that its functions use. Default: none. */
  readonly requires?: R | undefined;
  /** May return metadata to add to the materialization, e.g. the path. */
  store(context: IoContext<R>, value: unknown): MetadataRecord | undefined | void | Promise<MetadataRecord | undefined | void>;
  /** Returns the stored value, or `NO_VALUE` when nothing is stored. */
  load(context: IoContext<R>): unknown;
  /** Partition keys that have a value; needed for `allPartitions` and `lastPartition`. */
  partitions?(context: IoContext<R>): readonly string[] | Promise<readonly string[]>;
}

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
  return {
    kind: "ioManager",
    name: options.name,
    requires: options.requires ?? [],
    store: async (context, value) => (await options.store(context, value)) ?? undefined,
    load: async (context) => await options.load(context),
    ...(options.partitions && { partitions: async (context: IoContext<R>) => (await options.partitions?.(context)) ?? [] }),
  };
}
