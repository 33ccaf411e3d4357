/** Launches runs on a control plane and waits for them, from any program. */
import type { LaunchInput } from "@headgate/shared/contract/runs/launch.ts";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { RunDetail, RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Job } from "../job.ts";
import type { RunConfig } from "../run-request.ts";
import { selectionText, type SelectionBuilder } from "../select.ts";
import { callProcedure, type CallOptions } from "./http.ts";

export type { RunDetail, RunSummary };

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
  readonly job?: string | Job | undefined;
  /** Needed when two code locations define a job of that name. */
  readonly location?: string | undefined;
  readonly selection?: string | SelectionBuilder | undefined;
  readonly partition?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly config?: RunConfig | undefined;
  readonly priority?: number | undefined;
  /** A repeated call with the same id returns the same run. */
  readonly requestId?: string | undefined;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds between looks; default 1. */
  readonly every?: number | undefined;
  /** Seconds; default: no limit. */
  readonly timeout?: number | undefined;
}

export interface Client {
  readonly runs: {
    readonly launch: (options: LaunchOptions) => Promise<RunSummary>;
    readonly get: (id: string) => Promise<RunDetail>;
    /** Resolves when the run has ended, in whatever state: look at `run.status`. */
    readonly wait: (id: string, options?: WaitOptions) => Promise<RunDetail>;
    readonly cancel: (id: string, reason?: string) => Promise<void>;
  };
}

/**
 * A client of one deployment.
 *
 * @example
 * const client = createClient({ url: "https://headgate.example.com", token: process.env.HEADGATE_TOKEN, deployment: "acme/prod" });
 * const { id } = await client.runs.launch({ job: "bronze_refresh", tags: { source: "airbyte" } });
 * const { run } = await client.runs.wait(id);
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
  const deadline = options.timeout === undefined ? Infinity : Date.now() + options.timeout * 1000;
  for (;;) {
    options.signal?.throwIfAborted();
    const detail = await look();
    if (isTerminalRun(detail.run.status)) return detail;
    if (Date.now() >= deadline)
      throw new AppError("unavailable", `Run ${options.id} is still ${detail.run.status} after ${options.timeout} seconds.`);
    await pause((options.every ?? 1) * 1000, options.signal);
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
