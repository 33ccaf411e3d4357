/**
 * The extension point for units of execution that are not TypeScript functions, e.g. a dbt project: how such a unit describes
 * itself at index time and how the runtime executes it. Public functions return the opaque `Unit`; only the runtime sees the rest.
 */
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { LoadError, manifestAssetSchema, manifestCheckSchema, manifestUnitSchema } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { NeededFolder } from "@headgate/shared/protocol/worker.ts";
import type { z } from "zod";
import type { Env, Logger } from "../values/log.ts";
import type { AnyResource, Folders } from "./resource.ts";

/** Something that brings assets of its own, like `dbtAssets(...)`. */
export interface Unit {
  readonly kind: "unit";
  /** Unique in the code location. */
  readonly id: string;
}

export interface UnitDescribeContext {
  /** Relative paths of the definition resolve against it. */
  readonly root: string;
  /** May be written to; emptied afterwards. */
  readonly scratch: string;
  /** Where steps will store things, if the agent is on this machine. */
  readonly storage?: string | undefined;
  readonly env: Env;
}

/** A folder that the agent needs beside the bundle. */
export type UnitFolder = NeededFolder;

/** Parsed (and completed with defaults) by the indexer, so optional fields may be missing. */
export interface UnitDescription {
  readonly assets: readonly z.input<typeof manifestAssetSchema>[];
  /** `id` must be the unit's id; `resources` may name keys beside those of `requires`. */
  readonly unit: z.input<typeof manifestUnitSchema>;
  readonly checks: readonly z.input<typeof manifestCheckSchema>[];
  readonly folders: readonly UnitFolder[];
  /** Names of environment variables the unit reads. */
  readonly env?: readonly string[] | undefined;
  /** For who publishes; nothing is wrong. */
  readonly warnings?: readonly string[] | undefined;
}

export type UnitDescribeResult =
  | { readonly ok: true; readonly description: UnitDescription }
  | { readonly ok: false; readonly errors: readonly LoadError[] };

export interface UnitContext {
  readonly job: JobFrame;
  /** Keys of the assets to do in this attempt. */
  readonly assets: ReadonlySet<string>;
  /** Ids (`<asset key>:<check name>`) of the checks to do in this attempt. */
  readonly checks: ReadonlySet<string>;
  readonly partition: JobFrame["partition"];
  readonly config: unknown;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Values of `requires`, by resource key. */
  readonly resources: Readonly<Record<string, unknown>>;
  readonly folders: Folders;
  readonly env: Env;
  readonly emit: (event: StepEvent) => void;
}

export interface UnitDefinition extends Unit {
  readonly unitKind: "asset" | "multi" | "dbt" | "check";
  /** Made before `execute`, torn down after it. */
  readonly requires: readonly AnyResource[];
  describe(context: UnitDescribeContext): Promise<UnitDescribeResult>;
  /** Reports through `emit`; a thrown error becomes a failure of kind user_code. */
  execute(context: UnitContext): Promise<StepOutcome>;
}
