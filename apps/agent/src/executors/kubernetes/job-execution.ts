/**
 * One step attempt as a Kubernetes Job. The pod reports the attempt itself; this side creates the Job, says why it waits, and ends the
 * attempt when the pod cannot. Whatever happens, no Job is left that still could run.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { errorText, type AgentLog } from "../../agent-log.ts";
import { refOf } from "../../step-ref.ts";
import type { Execution, ExecutionEnd } from "../executor.ts";
import { KubeError } from "./api/kube-client.ts";
import type { Job, Pod } from "./api/objects.ts";
import type { AttemptCalls, AttemptEnd } from "./attempt-calls.ts";
import type { Cluster } from "./cluster.ts";
import { diagnose, isHopeless, type Diagnosis, type WaitReason } from "./diagnosis.ts";
import { jobName } from "./job-name.ts";
import { jobOf, type PodSurroundings } from "./job-spec.ts";

const RETRY = { firstMs: 500, maxMs: 15_000 };
/** How long the API server may refuse to create a Job before the attempt fails. */
const CREATE_TRIES = 8;
/** A start that is quicker is no wait that a person wants to read of. */
const QUICK_START_MS = 3_000;
/** How often the events of a Job that waits are read. */
const EVENTS_MS = 5_000;

export interface JobExecutionOptions {
  readonly job: JobFrame;
  readonly surroundings: PodSurroundings;
  readonly cluster: Pick<Cluster, "create" | "remove" | "read" | "events" | "podOf">;
  readonly calls: AttemptCalls;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: AgentLog;
}

export class JobExecution implements Execution {
  readonly #options: JobExecutionOptions;
  readonly name: string;
  #resolveEnd: (result: ExecutionEnd["result"]) => void = () => {};
  #state: "starting" | "watching" | "ending" | "over" = "starting";
  #canceled = false;
  #leaving = false;
  #said = "";
  #wait: { readonly reason: WaitReason; readonly since: number } | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly ended: Promise<ExecutionEnd>;
  readonly outputEnded: Promise<void>;

  constructor(options: JobExecutionOptions) {
    this.#options = options;
    this.name = jobName(options.job);
    this.ended = new Promise((resolve) => {
      this.#resolveEnd = (result) => {
        if (this.#timer !== null) clearTimeout(this.#timer);
        this.#state = "over";
        resolve({ at: options.now(), result });
      };
    });
    this.outputEnded = this.ended.then(() => {});
    void this.#start();
  }

  /** The Job or its pod changed. `job` is null when the Job is gone. */
  changed(job: Job | null): void {
    if (this.#state === "watching") void this.#look(job);
  }

  cancel(): void {
    this.#canceled = true;
    // A pod that runs gets the cancel over its own connection, and lets user code end.
    if (this.#state === "watching" && !this.#podRuns()) void this.#end({ outcome: "canceled" });
  }

  terminate(): void {
    this.#canceled = true;
    void this.#end({ outcome: "canceled" });
  }

  /** A pod that does not run yet is left as soon as it does. */
  leave(): boolean {
    this.#leaving = true;
    if (this.#state !== "watching" || !this.#podRuns()) return false;
    this.#resolveEnd({ outcome: "reported" });
    return true;
  }

  #podRuns(): boolean {
    return this.#options.cluster.podOf(this.name)?.status?.phase === "Running";
  }

  async #start(): Promise<void> {
    const { job, calls, cluster, surroundings, log, random } = this.#options;
    for (let tries = 1; this.#state === "starting"; tries++) {
      if (this.#canceled) return this.#resolveEnd({ outcome: "canceled" });
      try {
        const token = await calls.token(refOf(job));
        await cluster.create(jobOf(job, surroundings), token);
        // `terminate` may have come while the Job was made.
        if (this.#state === "starting") this.#state = "watching";
        if (this.#canceled) return await this.#end({ outcome: "canceled" });
        return await this.#look(await cluster.read(this.name));
      } catch (error) {
        log.warn("the Job of a step could not be created", { ...refOf(job), tries, error: errorText(error) });
        const failure = startFailure(error);
        if (failure !== null || tries >= CREATE_TRIES) {
          const { message } = failure ?? { message: `The Kubernetes API did not take the Job: ${errorText(error)}` };
          return await this.#end({
            outcome: "failed",
            failure: { kind: "internal", message },
            retryable: failure === null,
            infrastructure: false,
          });
        }
        const asked = error instanceof KubeError ? error.retryAfterMs : null;
        await sleep(asked ?? backoffMs(tries - 1, random(), RETRY));
      }
    }
  }

  async #look(job: Job | null): Promise<void> {
    const { cluster, log } = this.#options;
    try {
      const seen = job ?? (await cluster.read(this.name));
      if (this.#state !== "watching") return;
      if (seen === null) return await this.#end(lost("The Job was deleted while the step ran, and not by Headgate."));
      const pod = cluster.podOf(this.name);
      let found = diagnose({ job: seen, pod, events: [] });
      if (found.state === "waits") found = diagnose({ job: seen, pod, events: await this.#events(pod) });
      if (this.#state === "watching") await this.#act(found, pod);
    } catch (error) {
      // The next change, or the timer, looks again.
      log.warn("the state of a Job could not be read", { job: this.name, error: errorText(error) });
      this.#again(EVENTS_MS);
    }
  }

  async #events(pod: Pod | null): Promise<Parameters<typeof diagnose>[0]["events"]> {
    return await this.#options.cluster.events(pod === null ? [this.name] : [this.name, pod.metadata.name]);
  }

  async #act(found: Diagnosis, pod: Pod | null): Promise<void> {
    switch (found.state) {
      case "runs":
        this.#wait = null;
        if (this.#leaving) this.#resolveEnd({ outcome: "reported" });
        return;
      case "done":
        return this.#resolveEnd({ outcome: "reported" });
      case "failed": {
        const { failure, cause } = found;
        return await this.#end({ outcome: "failed", failure, retryable: true, infrastructure: cause === "infrastructure" });
      }
      case "waits":
        return await this.#waits(found, pod);
    }
  }

  async #waits(found: Extract<Diagnosis, { state: "waits" }>, pod: Pod | null): Promise<void> {
    const { calls, job, now, surroundings, log } = this.#options;
    if (this.#wait?.reason !== found.reason) this.#wait = { reason: found.reason, since: now() };
    const limitMs = limitOf(found.reason, surroundings.settings) * 1000;
    const waited = now() - this.#wait.since;
    if (isHopeless(found, pod) || waited >= limitMs) {
      const message = isHopeless(found, pod) ? found.message : `The pod did not start within ${limitMs / 1000} seconds. ${found.message}`;
      return await this.#end({ outcome: "failed", failure: { kind: "load_failed", message }, retryable: false, infrastructure: false });
    }
    const isQuick = found.reason === "starting" && waited < QUICK_START_MS;
    this.#again(Math.min(isQuick ? QUICK_START_MS - waited : EVENTS_MS, limitMs - waited));
    if (isQuick || found.message === this.#said) return;
    this.#said = found.message;
    await calls
      .waits(refOf(job), found.message)
      .catch((error: unknown) => log.debug("a wait was not reported", { job: this.name, error: errorText(error) }));
  }

  /** Waits have no event when their time is over. */
  #again(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#state === "watching") void this.#look(null);
    }, ms);
  }

  /** Says the end until the control plane has it, then removes the Job: nothing that was given up may still run. */
  async #end(end: AttemptEnd): Promise<void> {
    if (this.#state === "ending" || this.#state === "over") return;
    this.#state = "ending";
    const { calls, job, cluster, log, random } = this.#options;
    const steps: readonly (() => Promise<unknown>)[] = [() => cluster.remove(this.name), () => calls.end(refOf(job), end)];
    for (const step of steps) await this.#insist(step, { log, random });
    this.#resolveEnd({ outcome: "reported" });
  }

  async #insist(step: () => Promise<unknown>, { log, random }: Pick<JobExecutionOptions, "log" | "random">): Promise<void> {
    for (let tries = 1; tries <= CREATE_TRIES; tries++) {
      try {
        return void (await step());
      } catch (error) {
        log.warn("the end of a Job could not be finished", { job: this.name, tries, error: errorText(error) });
        if (!mayPass(error)) return;
        await sleep(backoffMs(tries - 1, random(), RETRY));
      }
    }
  }
}

/** Null when the same call may succeed later. */
function startFailure(error: unknown): { readonly message: string } | null {
  if (mayPass(error)) return null;
  if (!(error instanceof KubeError)) return { message: errorText(error) };
  if (error.code === 403 && error.message.includes("exceeded quota")) return null;
  return { message: `Kubernetes refuses the Job: ${error.message}` };
}

function mayPass(error: unknown): boolean {
  if (error instanceof KubeError) return error.mayPass;
  if (error instanceof AppError) return error.code === "unavailable" || error.code === "rate_limited" || error.code === "internal";
  return true;
}

function lost(message: string): AttemptEnd {
  const failure: Failure = { kind: "agent_lost", message };
  return { outcome: "failed", failure, retryable: true, infrastructure: true };
}

function limitOf(reason: WaitReason, settings: PodSurroundings["settings"]): number {
  switch (reason) {
    case "no_pod":
      return settings.podCreateTimeoutSeconds;
    case "image":
      return settings.imagePullGraceSeconds;
    case "no_node":
    case "configuration":
    case "starting":
      return settings.pendingTimeoutSeconds;
  }
}
