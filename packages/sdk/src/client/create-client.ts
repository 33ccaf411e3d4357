/** Launches runs on a control plane and waits for them, from any program. */
import type { LaunchInput } from "@headgate/shared/contract/runs/launch.ts";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { RunDetail as RunDetailView, RunSummary as RunSummaryView } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { type Duration, millisecondsOf } from "../options/duration.ts";
import type { Job } from "../definitions/job.ts";
import type { RunConfig } from "../definitions/run-config.ts";
import { selectionText, type SelectionBuilder } from "../options/select.ts";
import { callProcedure, type CallOptions } from "./http.ts";

/** One run: its state, what it makes and how far it is. Times are milliseconds since 1970. */
export type RunSummary = RunSummaryView;
/** One run with its steps, its failure and its configuration. */
export type RunDetail = RunDetailView;

/** Options of `createClient`. */
export interface ClientOptions {
  /** Address of the control plane, e.g. `https://headgate.example.com`. */
  readonly url: string;
  /** An API token. */
  readonly token: string;
  /** `organization/deployment`. */
  readonly deployment: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/** Give either `job` or `selection`. */
export interface LaunchOptions {
  /** The job, or its name. */
  readonly job?: string | Job | undefined;
  /** Needed when two code locations define a job of that name. */
  readonly location?: string | undefined;
  /** Assets to make, as a text or a `select...` value. */
  readonly selection?: string | SelectionBuilder | undefined;
  /** A key, or `first...last` for one run over a range. */
  readonly partition?: string | undefined;
  /** Tags of the run. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Configuration of the run. Default: that of the job. */
  readonly config?: RunConfig | undefined;
  /** Higher starts earlier. Default: that of the job, else 0. */
  readonly priority?: number | undefined;
  /** A repeated call with the same id returns the same run. */
  readonly requestId?: string | undefined;
}

/** Options of `runs.wait`. */
export interface WaitOptions {
  /** Aborting it ends the wait; the run goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Time between two requests for the run's state. Default 1 second. */
  readonly every?: Duration | undefined;
  /** How long to wait. Default: no limit. */
  readonly timeout?: Duration | undefined;
}

/** Launches runs and follows them. */
export interface ClientRuns {
  /**
   * Launches a run of a job or of a selection.
   *
   * @throws `AppError` when the control plane refuses or cannot be reached; `code` says why.
   */
  readonly launch: (options: LaunchOptions) => Promise<RunSummary>;
  /**
   * Reads a run.
   *
   * @throws `AppError` with the code `not_found` when there is no such run.
   */
  readonly get: (id: string) => Promise<RunDetail>;
  /**
   * Waits until a run has ended, in whatever state: look at `run.status`.
   *
   * @throws `AppError` with the code `unavailable` when the time is over.
   */
  readonly wait: (id: string, options?: WaitOptions) => Promise<RunDetail>;
  /** Cancels a run; its steps get some time to stop. */
  readonly cancel: (id: string, reason?: string) => Promise<void>;
}

/** Made by `createClient`. */
export interface Client {
  /** Launches runs and follows them. */
  readonly runs: ClientRuns;
}

/**
 * A client of one deployment.
 *
 * @example
 * const client = createClient({ url: "https://headgate.example.com", token: process.env.HEADGATE_TOKEN, deployment: "acme/prod" });
 * const { id } = await client.runs.launch({ job: "bronze_refresh", tags: { source: "airbyte" } });
 * const { run } = await client.runs.wait(id);
 * @throws `AppError` with the code `invalid_input` when `deployment` is not `organization/deployment`.
 */
export function createClient(options: ClientOptions): Client {
  const [org, name, ...rest] = options.deployment.split("/");
  if (!org || !name || rest.length > 0)
    throw new AppError("invalid_input", `'${options.deployment}' is not a deployment: write organization/deployment.`);
  const base: CallOptions = {
    url: `${options.url.replace(/\/+$/, "")}${deploymentPath({ org, name }, "/trpc")}`,
    token: options.token,
    fetch: options.fetch ?? fetch,
  };
  const get = async (id: string, signal?: AbortSignal): Promise<RunDetail> =>
    await callProcedure({ ...base, signal }, "runs.get", { run: id });
  return {
    runs: {
      launch: async (launch) => await callProcedure(base, "runs.launch", launchInput(launch)),
      get: async (id) => await get(id),
      wait: async (id, wait = {}) => await waitForEnd(async () => await get(id, wait.signal), { id, ...wait }),
      cancel: async (id, reason) => void (await callProcedure(base, "runs.cancel", { run: id, ...(reason !== undefined && { reason }) })),
    },
  };
}

function launchInput(options: LaunchOptions): LaunchInput {
  const job = typeof options.job === "object" ? options.job.name : options.job;
  if ((job === undefined) === (options.selection === undefined))
    throw new AppError("invalid_input", "Launch needs either a 'job' or a 'selection'.");
  return {
    target: {
      ...(job !== undefined && { job }),
      ...(options.selection !== undefined && { selection: selectionText(options.selection) }),
      ...(options.location !== undefined && { location: options.location }),
      ...(options.partition !== undefined && { partition: options.partition }),
    },
    tags: { ...options.tags },
    ...(options.config !== undefined && { config: options.config }),
    ...(options.priority !== undefined && { priority: options.priority }),
    ...(options.requestId !== undefined && { requestId: options.requestId }),
  };
}

async function waitForEnd(look: () => Promise<RunDetail>, options: WaitOptions & { readonly id: string }): Promise<RunDetail> {
  const deadline = options.timeout === undefined ? Infinity : Date.now() + millisecondsOf(options.timeout, "timeout");
  const everyMs = millisecondsOf(options.every ?? 1, "every");
  for (;;) {
    options.signal?.throwIfAborted();
    const detail = await look();
    if (isTerminalRun(detail.run.status)) return detail;
    if (Date.now() >= deadline)
      throw new AppError(
        "unavailable",
        `Run ${options.id} is still ${detail.run.status} after ${typeof options.timeout === "string" ? options.timeout : `${options.timeout} seconds`}.`,
      );
    await pause(everyMs, options.signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error("waiting was aborted"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
