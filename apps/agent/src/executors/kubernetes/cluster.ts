/** The Jobs and pods of one release, kept up to date, and what the executor does with them. */
import type { AgentLog } from "../../agent-log.ts";
import { KubeClient, KubeError } from "./api/kube-client.ts";
import type { KubeAccess } from "./api/kube-access.ts";
import type { Job, KubeEvent, KubeList, ObjectMeta, Pod } from "./api/objects.ts";
import { WatchedList } from "./api/watched-list.ts";
import { JOB_LABEL, LABELS } from "./job-name.ts";
import { tokenSecretOf } from "./job-spec.ts";

const CONFLICT = 409;
const MAX_EVENTS = 200;

export interface ClusterOptions {
  readonly access: KubeAccess;
  readonly namespace: string;
  readonly release: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: AgentLog;
  /** Something about this Job changed. `job` is null when it is gone. */
  readonly onJob: (name: string, job: Job | null) => void;
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #client: KubeClient;
  readonly #jobs: WatchedList<Job>;
  readonly #pods: WatchedList<Pod>;
  readonly #warnings = new Set<string>();
  readonly #problems = new Map<string, string>();

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { access, namespace, release, random, log, now, onJob } = options;
    this.#client = new KubeClient({ access, now, onWarning: (text) => this.#warn(text) });
    const selector = `?labelSelector=${encodeURIComponent(`${LABELS.release}=${release}`)}`;
    const shared = { client: this.#client, random, log };
    this.#jobs = new WatchedList<Job>({
      ...shared,
      path: `${jobsOf(namespace)}${selector}`,
      onChange: (job) => onJob(job.metadata.name, job),
      onGone: ({ metadata }) => onJob(metadata.name, null),
      onState: (problem) => this.#state("jobs", problem),
    });
    const podChanged = ({ metadata }: Pod): void => {
      const name = metadata.labels?.[JOB_LABEL];
      if (name !== undefined) onJob(name, this.#jobs.get(name) ?? null);
    };
    this.#pods = new WatchedList<Pod>({
      ...shared,
      path: `/api/v1/namespaces/${namespace}/pods${selector}`,
      onChange: podChanged,
      onGone: podChanged,
      onState: (problem) => this.#state("pods", problem),
    });
  }

  /** What is wrong with the connection to the API server; null when nothing is. */
  get problem(): string | null {
    return [...this.#problems.values()][0] ?? null;
  }

  podOf(job: string): Pod | null {
    return this.#pods.objects.find(({ metadata }) => metadata.labels?.[JOB_LABEL] === job) ?? null;
  }

  /** The Job exists afterwards, also when it existed before: its name says for which attempt. */
  async create(job: Job, token: string): Promise<void> {
    const path = jobsOf(this.#options.namespace);
    const made = await this.#unlessThere(async () => await this.#client.create<Job>(path, { apiVersion: "batch/v1", kind: "Job", ...job }));
    const { metadata } = made ?? (await this.#client.get<Job>(`${path}/${job.metadata.name}`));
    await this.#createSecret(metadata, token);
  }

  async remove(name: string): Promise<void> {
    await this.#client.remove(`${jobsOf(this.#options.namespace)}/${name}`);
  }

  /** Reads a Job past the list, which may be behind. Null when it is gone. */
  async read(name: string): Promise<Job | null> {
    try {
      return await this.#client.get<Job>(`${jobsOf(this.#options.namespace)}/${name}`);
    } catch (error) {
      if (error instanceof KubeError && error.code === 404) return null;
      throw error;
    }
  }

  /** Events of a Job and its pod, the oldest first. */
  async events(names: readonly string[]): Promise<readonly KubeEvent[]> {
    const found: KubeEvent[] = [];
    for (const name of names) {
      const selector = encodeURIComponent(`involvedObject.name=${name}`);
      const path = `/api/v1/namespaces/${this.#options.namespace}/events?limit=${MAX_EVENTS}&fieldSelector=${selector}`;
      found.push(...(await this.#client.get<KubeList<KubeEvent>>(path)).items);
    }
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([this.#jobs.close(), this.#pods.close()]);
    this.#client.close();
  }

  async #createSecret(job: ObjectMeta, token: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.#options.namespace}/secrets`;
    await this.#unlessThere(async () => await this.#client.create<unknown>(path, tokenSecretOf(job, token)));
  }

  /** Null when an object of that name exists. A request that timed out may have reached the server. */
  async #unlessThere<T>(make: () => Promise<T>): Promise<T | null> {
    try {
      return await make();
    } catch (error) {
      if (error instanceof KubeError && error.code === CONFLICT) return null;
      throw error;
    }
  }

  #state(list: string, problem: string | null): void {
    if (problem === null) this.#problems.delete(list);
    else this.#problems.set(list, problem);
  }

  /** Each warning once: the API server says it for each Job. */
  #warn(text: string): void {
    if (this.#warnings.has(text) || this.#warnings.size > 100) return;
    this.#warnings.add(text);
    this.#options.log.warn("the Kubernetes API warns", { warning: text });
  }
}

function jobsOf(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}
