/**
 * Between the agent's supervisor and a worker process (Node IPC, one machine, same release): which module a worker imports and
 * which messages pass. The bundle of a code location exports `runtime: LocationRuntime`, so that user code always runs with the SDK
 * version it was built with, whatever the agent's own version is.
 */
import type { StepEvent, StepOutcome } from "../domain/run/event.ts";
import type { LoadError, Manifest } from "../manifest/schema.ts";
import type { JobFrame, TickFrame } from "./down.ts";
import type { TickPart, TickResult } from "./tick-result.ts";

export const RUNTIME_VERSION = 1;

/** Folders a runtime may use; all absolute. */
export interface RuntimeFolders {
  /** The unpacked code location version; relative paths of the definitions (dbt project, data files) resolve against it. */
  readonly root: string;
  /** Kept between runs: values of the default IO manager, DuckDB files. */
  readonly storage: string;
  /** Only for this attempt; emptied afterwards, except what a retry needs. */
  readonly scratch: string;
}

export interface RuntimeHost extends RuntimeFolders {
  /** Synchronous, ordered; the host batches and spools. */
  emit(event: StepEvent): void;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What indexing a location yields; `files`, `git` and `runtime` are added by the publisher. */
export type ManifestDraft = Omit<Manifest, "files" | "entry" | "git" | "runtime">;
/** A folder that the agent needs beside the bundle, e.g. a dbt project. All paths but `source` and `real` are relative to the project root. */
export interface NeededFolder {
  readonly path: string;
  /** Path prefixes left out; for a publisher that does not know `files`. */
  readonly ignore: readonly string[];
  /** Exactly what is published; absent in SDKs before 0.2. `source`: the file on this machine. */
  readonly files?: readonly { readonly path: string; readonly source: string }[] | undefined;
  /** Folders that change without any consequence. */
  readonly outputs?: readonly string[] | undefined;
  /** Folders that were reached through links, and where they really are. */
  readonly links?: readonly { readonly path: string; readonly real: string }[] | undefined;
}
export interface IndexResult {
  readonly draft: ManifestDraft | null;
  readonly folders: readonly NeededFolder[];
  /** All problems at once; empty when `draft` is good. */
  readonly errors: readonly LoadError[];
  /** For who publishes, beside a good `draft`. */
  readonly warnings?: readonly string[] | undefined;
}

/** What the entry module of a bundle exports as `runtime`. */
export interface LocationRuntime {
  readonly version: typeof RUNTIME_VERSION;
  index(folders: {
    readonly root: string;
    readonly scratch: string;
    /** The storage folder of the location, if the agent is on this machine. */
    readonly storage?: string | undefined;
    readonly env: RuntimeHost["env"];
  }): Promise<IndexResult>;
  execute(job: JobFrame, host: RuntimeHost): Promise<StepOutcome>;
  tick(frame: TickFrame, host: TickHost): Promise<TickResult>;
}

export interface TickHost extends Omit<RuntimeHost, "emit"> {
  log(level: string, message: string): void;
  /** Stores what was asked for so far; an older supervisor has none, and then everything is stored at the end. */
  checkpoint?(part: TickPart): void;
}

export type ToWorker =
  | { readonly t: "load"; readonly entry: string; readonly root: string }
  | { readonly t: "run"; readonly job: JobFrame; readonly storage: string; readonly scratch: string }
  | { readonly t: "tick"; readonly frame: TickFrame; readonly storage: string; readonly scratch: string }
  | { readonly t: "cancel"; readonly reason: string };

export type FromWorker =
  | { readonly t: "loaded" }
  | { readonly t: "load_failed"; readonly errors: readonly LoadError[] }
  | { readonly t: "event"; readonly at: number; readonly event: StepEvent }
  /** `last`: an uncaught error ended the step, and the process ends after this message. */
  | { readonly t: "done"; readonly at: number; readonly result: StepOutcome; readonly last?: boolean | undefined }
  | { readonly t: "tick_part"; readonly tick: string; readonly part: TickPart }
  | { readonly t: "tick_done"; readonly tick: string; readonly result: TickResult; readonly last?: boolean | undefined };
