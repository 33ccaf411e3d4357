/**
 * Runs each step in a Kubernetes Job of its own. The pods report for themselves (decision 0028). Schedules and sensors are evaluated by
 * worker processes beside the agent: a pod for each evaluation would be too slow.
 */
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import { errorText } from "../../agent-log.ts";
import { attemptKey } from "../../step-ref.ts";
import type { Evaluation, EvaluationSink, Execution, Executor, ExecutorHost, ExecutorLocations } from "../executor.ts";
import type { KubeAccess } from "./api/kube-access.ts";
import type { Job } from "./api/objects.ts";
import { attemptCalls, type AttemptCalls } from "./attempt-calls.ts";
import { Cluster } from "./cluster.ts";
import { diagnose } from "./diagnosis.ts";
import { JobExecution } from "./job-execution.ts";
import { attemptOf } from "./job-name.ts";
import type { PodSurroundings } from "./job-spec.ts";
import type { PodSettings } from "./pod-settings.ts";

/** How long another agent has to say how its Job ended, before this one does. */
const ORPHAN_MS = 30_000;

export interface KubernetesExecutorOptions {
  readonly access: KubeAccess;
  readonly settings: PodSettings;
  /** Address of the control plane. */
  readonly url: string;
  /** Variables that pods get from the agent: proxies, own certificates. */
  readonly podEnv: Readonly<Record<string, string>>;
  readonly random: () => number;
  /** Evaluates schedules and sensors, and keeps their versions. */
  readonly processes: Executor;
}

export class KubernetesExecutor implements Executor {
  readonly kind = "kubernetes";
  // A later agent finds the Jobs by their labels; the list of attempts is not needed for that.
  readonly adoption = null;
  readonly capacity: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly #options: KubernetesExecutorOptions;
  readonly #host: ExecutorHost;
  readonly #surroundings: PodSurroundings;
  readonly #calls: AttemptCalls;
  readonly #cluster: Cluster;
  /** By the name of the Job. */
  readonly #executions = new Map<string, JobExecution>();
  /** Jobs of agents that are gone. */
  readonly #orphans = new Map<string, NodeJS.Timeout>();

  constructor(options: KubernetesExecutorOptions, host: ExecutorHost) {
    const { access, settings, url, podEnv, random } = options;
    const namespace = settings.namespace === "" ? access.namespace : settings.namespace;
    this.#options = options;
    this.#host = host;
    this.capacity = settings.maxConcurrent;
    this.labels = { executor: "kubernetes", namespace };
    this.#surroundings = { url, settings, namespace, env: podEnv };
    this.#calls = attemptCalls(host.http);
    const { now, log } = host;
    this.#cluster = new Cluster({
      access,
      namespace,
      release: settings.release,
      now,
      random,
      log,
      onJob: (name, job) => this.#onJob(name, job),
    });
  }

  get processes(): readonly number[] {
    return this.#options.processes.processes;
  }

  get deaths(): number {
    return this.#options.processes.deaths;
  }

  get locations(): ExecutorLocations {
    return this.#options.processes.locations;
  }

  /** What is wrong with the connection to the API server; null when nothing is. */
  get problem(): string | null {
    return this.#cluster.problem;
  }

  start(job: JobFrame): Execution {
    const { now, log } = this.#host;
    const { random } = this.#options;
    const execution = new JobExecution({
      job,
      surroundings: this.#surroundings,
      cluster: this.#cluster,
      calls: this.#calls,
      now,
      random,
      log,
    });
    this.#executions.set(execution.name, execution);
    void execution.ended.then(() => this.#executions.delete(execution.name));
    log.debug("a step becomes a Job", { job: execution.name, attempt: attemptKey(job) });
    return execution;
  }

  evaluate(frame: TickFrame, sink: EvaluationSink): Evaluation {
    return this.#options.processes.evaluate(frame, sink);
  }

  sweep(folder: string): void {
    this.#options.processes.sweep(folder);
  }

  async close(): Promise<void> {
    for (const timer of this.#orphans.values()) clearTimeout(timer);
    this.#orphans.clear();
    await Promise.all([this.#options.processes.close(), this.#cluster.close()]);
  }

  kill(): void {
    this.#options.processes.kill();
  }

  #onJob(name: string, job: Job | null): void {
    const execution = this.#executions.get(name);
    if (execution !== undefined) return execution.changed(job);
    if (job !== null) return this.#watchOrphan(job);
    clearTimeout(this.#orphans.get(name));
    this.#orphans.delete(name);
  }

  /** A Job of another agent failed. If that agent is gone, this one says so. */
  #watchOrphan(job: Job): void {
    const { name } = job.metadata;
    const ref = attemptOf(job.metadata);
    if (ref === null || this.#orphans.has(name)) return;
    const found = diagnose({ job, pod: this.#cluster.podOf(name), events: [] });
    if (found.state !== "failed") return;
    const say = async (): Promise<void> => {
      const { failure, cause } = found;
      try {
        const open = await this.#calls.end(ref, {
          outcome: "failed",
          failure,
          retryable: true,
          infrastructure: cause === "infrastructure",
        });
        if (open) this.#host.log.info("ended an attempt of an agent that is gone", { job: name, ...ref });
      } catch (error) {
        this.#host.log.warn("an attempt of another agent could not be ended", { job: name, error: errorText(error) });
      }
    };
    this.#orphans.set(
      name,
      setTimeout(() => void say(), ORPHAN_MS),
    );
  }
}
