/** What every function of a step receives. */
import type { Env, Logger } from "../values/log.ts";
import type { Folders } from "./resource.ts";

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
