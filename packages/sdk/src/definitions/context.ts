/** What user functions receive, computed from what their definition declares. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Input } from "./asset-type.ts";
import type { BaseContext } from "./base-context.ts";
import type { InputValues } from "./input.ts";
import type { Partitions } from "../options/partitions.ts";
import type { AnyResource, ResourceMap } from "./resource.ts";

/** `partition` exists only for partitioned assets. */
type PartitionPart<P> = P extends Partitions<infer T> ? { readonly partition: T } : unknown;
/** `config` exists only for assets that declare a schema. */
type ConfigPart<C> = C extends StandardSchemaV1 ? { readonly config: StandardSchemaV1.InferOutput<C> } : unknown;

/** What `run` of an asset receives. */
export type AssetContext<R extends readonly AnyResource[], I extends Readonly<Record<string, Input>>, P, C, B = undefined> = BaseContext & {
  /** Key of the asset. */
  readonly asset: string;
  /** Values of the resources in `requires`, by key. */
  readonly resources: ResourceMap<R>;
  /** Upstream values. */
  readonly inputs: InputValues<I, P, B>;
} & PartitionPart<P> &
  ConfigPart<C>;
