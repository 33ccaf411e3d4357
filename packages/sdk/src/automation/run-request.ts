/** What schedules and sensors ask for: runs, or nothing and why. */
import type { SelectionBuilder } from "../options/select.ts";
import type { Job } from "../definitions/job.ts";
import type { RunConfig } from "../definitions/run-config.ts";

/** Options of `runRequest`. */
export interface RunRequestOptions {
  /** Makes the request idempotent: a second request with the same key makes no run. Default: every request makes one. */
  readonly runKey?: string | undefined;
  /** Needed when the schedule or sensor has no job of its own. */
  readonly job?: string | Job | undefined;
  /** Assets to make, instead of a job. */
  readonly selection?: string | SelectionBuilder | undefined;
  /** A partition key, or `first...last` for one run over a range. Default: none. */
  readonly partition?: string | undefined;
  /** True: runs only the checks of the selection. Default false. */
  readonly checksOnly?: boolean | undefined;
  /** Higher starts earlier. Default: that of the job, else 0. */
  readonly priority?: number | undefined;
  /** Tags of the run. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Configuration of the run. Default: that of the job. */
  readonly config?: RunConfig | undefined;
}

/** Made by `runRequest()`. */
export interface RunRequest extends RunRequestOptions {
  readonly kind: "runRequest";
}
/** Made by `skip()`. */
export interface Skip {
  readonly kind: "skip";
  /** Shown in the tick history. */
  readonly reason: string;
}

/**
 * Asks for a run, from a schedule or sensor.
 *
 * @example
 * yield runRequest({ runKey: file.name, tags: { file: file.name } });
 */
export function runRequest(options: RunRequestOptions = {}): RunRequest {
  return { kind: "runRequest", ...options };
}

/**
 * Says why a tick asks for nothing; shown in the tick history.
 *
 * @example
 * return skip("no new files");
 */
export function skip(reason: string): Skip {
  return { kind: "skip", reason };
}
