/** What a resource is: a typed token that assets name in `requires`, and how its value is made and torn down around each attempt. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { NeededFolder } from "@headgate/shared/protocol/worker.ts";
import { checkOptions, type OptionRules } from "../options/check-options.ts";
import { captureSite, type DefinitionSite } from "../options/definition-site.ts";
import { deprecated, oldCall } from "../options/deprecated.ts";
import type { Env, Logger } from "../values/log.ts";

/** Absolute folders that user code may use. */
export interface Folders {
  /** The unpacked code location; relative paths of definitions resolve against it. */
  readonly root: string;
  /** Kept between runs: DuckDB files, stored values. */
  readonly storage: string;
  /** For this attempt only; emptied afterwards. */
  readonly scratch: string;
}

/** For whom a resource is opened. */
export interface ResourceRun {
  readonly id: string;
  /** Name of the job, when the run came from one. */
  readonly job: string | null;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Keys of the assets that the step makes. */
  readonly assets: readonly string[];
  /** Versions that the definitions of these assets name, by key. */
  readonly codeVersions?: Readonly<Record<string, string>> | undefined;
  /** `start` and `end` in milliseconds, of time windows, and the `timezone` that their definition names. */
  readonly partition?:
    | {
        readonly timezone?: string | undefined;
        readonly key: string;
        readonly start: number | null;
        readonly end: number | null;
        readonly range?: { readonly first: string; readonly last: string } | undefined;
      }
    | null
    | undefined;
}

/** What `setup` of a resource receives. */
export interface ResourceContext<C = undefined> {
  /** The checked configuration: `values` of the definition, with those of the run on top. */
  readonly config: C;
  /** Environment variables of the worker. */
  readonly env: Env;
  /** Folders that the resource may use. */
  readonly folders: Folders;
  /** Writes log lines, which appear in the run at once. */
  readonly log: Logger;
  /** Aborted when the step is canceled or times out. */
  readonly signal: AbortSignal;
  /** Key of the step that uses the resource, e.g. for messages; absent where no step runs. */
  readonly step?: string | undefined;
  /** The run that the step belongs to; absent where no step runs. Engines show it beside their queries. */
  readonly run?: ResourceRun | undefined;
  /** Reports a step event; absent where no step runs, e.g. in a sensor. */
  readonly emit?: ((event: StepEvent) => void) | undefined;
}

/** A resource token: pass it in `requires` and in `defineCodeLocation({ resources })`. */
export interface Resource<K extends string = string, V = unknown> {
  readonly kind: "resource";
  /** Its name in `resources` of the context. */
  readonly key: K;
  /** Carries the value's type only. */
  readonly "~value"?: V;
  /** How the value is made; for the runtime. */
  readonly "~definition": ErasedResourceDefinition;
}

/** What the agent must have for a resource, e.g. the folder of a dbt project. */
export interface ResourceNeeds {
  readonly folders: readonly NeededFolder[];
  readonly errors: readonly LoadError[];
  readonly warnings: readonly string[];
}

/** A resource definition after its types did their work. */
interface ErasedResourceDefinition {
  readonly kind: string;
  readonly config: StandardSchemaV1 | undefined;
  readonly values: unknown;
  readonly env: readonly string[];
  readonly site: DefinitionSite | undefined;
  /** Asked when the code location is indexed. */
  needs?(context: { readonly root: string; readonly scratch: string; readonly env: Env }): ResourceNeeds;
  setup(context: ResourceContext<unknown>): unknown;
  teardown?(value: unknown): void | Promise<void>;
}

type ConfigOf<C> = C extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<C> : undefined;
type ConfigInputOf<C> = C extends StandardSchemaV1 ? StandardSchemaV1.InferInput<C> : undefined;

/** What a resource is, apart from its key. */
interface ResourceBody<C extends StandardSchemaV1 | undefined, V> {
  /** Shown in the dashboard, e.g. `trino`. Default: the key. */
  readonly kind?: string | undefined;
  /** Standard Schema of its configuration. */
  readonly config?: C | undefined;
  /** Configuration values; a run's config may override them under `resources.<key>`. */
  readonly values?: ConfigInputOf<C> | undefined;
  /** Names of environment variables that `setup` reads: listed in the dashboard, values stay in the cluster. */
  readonly env?: readonly string[] | undefined;
  /** Makes the value; called once per attempt of a step that requires it. */
  setup(context: ResourceContext<ConfigOf<C>>): V | Promise<V>;
  /** Called after the attempt, also when it failed. */
  teardown?(value: NoInfer<V>): void | Promise<void>;
}

/** Options of `defineResource`. */
export interface ResourceOptions<C extends StandardSchemaV1 | undefined, V, K extends string = string> extends ResourceBody<C, V> {
  /** Its name in `resources` of the context; unique in the code location. */
  readonly key: K;
}

const RESOURCE: OptionRules<ResourceOptions<undefined, unknown>> = {
  key: "text",
  kind: "text",
  config: "object",
  values: "any",
  env: "list",
  setup: "function",
  teardown: "function",
};

/**
 * Defines a resource: something assets use that is made per attempt and always torn down, e.g. a client or a connection.
 *
 * @example
 * export const slack = defineResource({
 *   key: "slack",
 *   config: z.object({ channel: z.string() }),
 *   values: { channel: "#data" },
 *   env: ["SLACK_TOKEN"],
 *   setup: ({ config, env }) => ({ post: (text: string) => postMessage(env.SLACK_TOKEN, config.channel, text) }),
 * });
 */
export function defineResource<const K extends string, V, C extends StandardSchemaV1 | undefined = undefined>(
  options: ResourceOptions<C, V, K>,
): Resource<K, V>;
/** @deprecated Write `defineResource({ key, ... })`. */
export function defineResource<const K extends string, V, C extends StandardSchemaV1 | undefined = undefined>(
  key: K,
  options: ResourceBody<C, V>,
): Resource<K, V>;
export function defineResource<const K extends string, V, C extends StandardSchemaV1 | undefined>(
  first: ResourceOptions<C, V, K> | K,
  others?: ResourceBody<C, V>,
): Resource<K, V> {
  const site = captureSite(defineResource);
  if (typeof first === "object") {
    checkOptions(first, RESOURCE, { call: "defineResource", definer: defineResource, what: "Resource", needs: ["setup"] });
    return createResource(first, site);
  }
  if (others === undefined)
    throw new TypeError(`defineResource("${first}") has no options. Write defineResource({ key: "${first}", setup }).`);
  deprecated(oldCall("defineResource", { site, identity: { key: first }, options: others }));
  return createResource({ ...others, key: first }, site);
}

function createResource<K extends string, V, C extends StandardSchemaV1 | undefined>(
  options: ResourceOptions<C, V, K>,
  site: DefinitionSite | undefined,
): Resource<K, V> {
  return {
    kind: "resource",
    key: options.key,
    "~definition": {
      kind: options.kind ?? options.key,
      config: options.config,
      values: options.values,
      env: options.env ?? [],
      site,
      setup: (context) => options.setup(context as ResourceContext<ConfigOf<C>>),
      ...(options.teardown && { teardown: (value: unknown) => options.teardown?.(value as V) }),
    },
  };
}

/** `any`-like bound for lists of resources: every resource is assignable to it. */
export type AnyResource = Resource<string, unknown>;
type ResourceValue<X> = X extends Resource<string, infer V> ? V : never;
/** Key -> value of a list of resource tokens. */
export type ResourceMap<R extends readonly AnyResource[]> = { readonly [X in R[number] as X["key"]]: ResourceValue<X> };
