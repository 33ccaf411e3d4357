/** What user functions receive, computed from what their definition declares. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Input, InputValues } from "./input.ts";
import type { Env, Logger } from "../values/log.ts";
import type { Partitions } from "../options/partitions.ts";
import type { AnyResource, Folders, ResourceMap } from "./resource.ts";

/** Which run a function is part of. */
export interface RunInfo {
  readonly id: string;
  /** Name of the job, when the run came from one. */
  readonly job: string | null;
  readonly step: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface BaseContext {
  readonly log: Logger;
  /** Aborted when the step is canceled or times out: pass it on to `fetch` and clients. */
  readonly signal: AbortSignal;
  readonly env: Env;
  readonly folders: Folders;
  readonly run: RunInfo;
}

/** `partition` exists only for partitioned assets. */
type PartitionPart<P> = P extends Partitions<infer T> ? { readonly partition: T } : unknown;
/** `config` exists only for assets that declare a schema. */
type ConfigPart<C> = C extends StandardSchemaV1 ? { readonly config: StandardSchemaV1.InferOutput<C> } : unknown;

/** What `run` of an asset receives. */
export type AssetContext<R extends readonly AnyResource[], I extends Readonly<Record<string, Input>>, P, C> = BaseContext & {
  /** Key of the asset. */
  readonly asset: string;
  readonly resources: ResourceMap<R>;
  /** Upstream values. */
  readonly inputs: InputValues<I>;
} & PartitionPart<P> &
  ConfigPart<C>;
