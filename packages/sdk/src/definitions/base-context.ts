/** What every function of a step receives. */
import type { Env, Logger } from "../values/log.ts";
import type { Folders } from "./resource.ts";

/** Which run a function is part of. */
export interface RunInfo {
  /** Id of the run. */
  readonly id: string;
  /** Name of the job, when the run came from one. */
  readonly job: string | null;
  /** Key of the step. */
  readonly step: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Tags of the run. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What every function of a step receives. */
export interface BaseContext {
  /** Writes log lines, which appear in the run at once. */
  readonly log: Logger;
  /** Aborted when the step is canceled or times out: pass it on to `fetch` and clients. */
  readonly signal: AbortSignal;
  /** Environment variables of the worker. */
  readonly env: Env;
  /** Folders that the function may use. */
  readonly folders: Folders;
  /** The run that the function is part of. */
  readonly run: RunInfo;
}
