/** Each way in which a pod can fail or wait, made on a real API server, and the sentence that a person reads in the run. */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCluster } from "../../../../scripts/kubernetes/cluster.mjs";
import type { KubernetesExecutor } from "../../src/executors/kubernetes/kubernetes-executor.ts";
import { jobName } from "../../src/executors/kubernetes/job-name.ts";
import type { StepRef } from "../../src/step-ref.ts";
import { testJob } from "../test-location.ts";
import { AttemptRoutes } from "./attempt-routes.test-support.ts";
import { IMAGES, makeNamespace, openExecutor, type TestCluster } from "./cluster-fixture.test-support.ts";

const NAMESPACE = "runs";
const SLOW = { timeout: 60_000, interval: 50 };

let cluster: TestCluster;
let token: () => string;
let plane: AttemptRoutes;
let runs = 0;
const executors: KubernetesExecutor[] = [];

beforeAll(async () => {
  cluster = await startCluster({ name: "failures", images: IMAGES, onProgress: (text) => console.log(text) });
  token = await makeNamespace(cluster, NAMESPACE);
  plane = await AttemptRoutes.start();
});
afterEach(async () => {
  await Promise.all(executors.splice(0).map((executor) => executor.close()));
});
afterAll(async () => {
  await plane?.close();
  await cluster?.stop();
});

function open(image: string, settings: Readonly<Record<string, unknown>> = {}, namespace = NAMESPACE): KubernetesExecutor {
  const executor = openExecutor({ cluster, namespace, token, url: plane.url, image, settings });
  executors.push(executor);
  return executor;
}

function newJob(): ReturnType<typeof testJob> {
  runs++;
  return testJob("step", { run: `run-${runs}` });
}

const endOf = (ref: StepRef): unknown => plane.ends.find(({ run }) => run === ref.run);
const waitsOf = (ref: StepRef): readonly string[] => plane.waits.filter(({ run }) => run === ref.run).map(({ reason }) => reason);
const jobs = async (): Promise<string> => await cluster.kubectl("get", "jobs", "-n", NAMESPACE, "-o", "name");
const podOf = async (ref: StepRef): Promise<string> =>
  (
    await cluster.kubectl("get", "pods", "-n", NAMESPACE, "-l", `job-name=${jobName(ref)}`, "-o", "jsonpath={.items[*].metadata.name}")
  ).trim();

async function untilRunning(ref: StepRef): Promise<string> {
  const phase = ["get", "pods", "-n", NAMESPACE, "-l", `job-name=${jobName(ref)}`, "-o", "jsonpath={.items[*].status.phase}"];
  await expect.poll(async () => await cluster.kubectl(...phase), SLOW).toBe("Running");
  return await podOf(ref);
}

interface Row {
  readonly what: string;
  readonly image: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly end: unknown;
  readonly waits?: RegExp;
}

const failed = (kind: string, message: RegExp, rest: Readonly<Record<string, unknown>> = {}): unknown => ({
  outcome: "failed",
  failure: { kind, message: expect.stringMatching(message) as unknown },
  infrastructure: false,
  ...rest,
});
const soon = { pendingTimeoutSeconds: 5, imagePullGraceSeconds: 3, podCreateTimeoutSeconds: 5 };

describe("reasons of pods", () => {
  const rows: readonly Row[] = [
    {
      what: "an exit code",
      image: "test/exit-3:1",
      end: failed("worker_died", /exit code 3 before it reported.*cannot open the lake/),
    },
    { what: "a pod that reads its token", image: "test/token:1", end: failed("worker_died", /exit code 4.*token-of-step/) },
    { what: "out of memory with the limit", image: "test/hungry:1", end: failed("out_of_memory", /memory limit of 96Mi.*OOMKilled/) },
    {
      what: "an image that does not exist",
      image: "test/nowhere:1",
      settings: soon,
      end: failed("load_failed", /did not start within 3 seconds.*test\/nowhere:1 cannot be pulled.*imagePullSecrets/, {
        retryable: false,
      }),
      waits: /cannot be pulled/,
    },
    {
      what: "a Secret that does not exist",
      image: "test/ok:1",
      settings: { ...soon, envFrom: [{ secretRef: { name: "no-such-secret" } }] },
      end: failed("load_failed", /CreateContainerConfigError.*"no-such-secret" not found/),
      waits: /no-such-secret/,
    },
    {
      what: "a key that a Secret does not have",
      image: "test/ok:1",
      settings: { ...soon, env: [{ name: "A", valueFrom: { secretKeyRef: { name: "known", key: "absent" } } }] },
      end: failed("load_failed", /couldn't find key absent in Secret runs\/known/),
    },
    {
      what: "no node with so much memory",
      image: "test/ok:1",
      settings: { ...soon, resources: { requests: { memory: "900Gi" } } },
      end: failed("load_failed", /No node fits.*Insufficient memory/),
      waits: /No node fits/,
    },
    {
      what: "a node selector that no node has",
      image: "test/ok:1",
      settings: { ...soon, nodeSelector: { disk: "fast" } },
      end: failed("load_failed", /No node fits.*didn't match Pod's node affinity\/selector/),
    },
    {
      what: "a pod that the namespace's level refuses",
      image: "test/ok:1",
      settings: { ...soon, podSecurityContext: {}, securityContext: {} },
      end: failed("load_failed", /refuses the pod.*violates PodSecurity.*runs\.podSecurityContext/),
      waits: /violates PodSecurity/,
    },
    {
      what: "a ServiceAccount that does not exist",
      image: "test/ok:1",
      settings: { ...soon, serviceAccountName: "ghost" },
      end: failed("load_failed", /serviceaccount "ghost" not found.*runs\.serviceAccountName/),
    },
    {
      what: "the time limit of the Job",
      image: "test/sleep:1",
      settings: { activeDeadlineSeconds: 1 },
      end: failed("timeout", /longer than runs\.activeDeadlineSeconds/),
    },
  ];

  beforeAll(async () => {
    await cluster.kubectl("create", "secret", "generic", "known", "-n", NAMESPACE, "--from-literal=present=1");
  });

  it.each(rows)("the run tells of $what", async ({ image, settings, end, waits }) => {
    const job = newJob();
    await open(image, settings).start(job).ended;
    expect(endOf(job)).toMatchObject(end as object);
    if (waits !== undefined) expect(waitsOf(job).join("\n")).toMatch(waits);
    expect(await jobs()).not.toContain(jobName(job));
  });

  it("a good pod is left to its own reports", async () => {
    const job = newJob();
    expect((await open("test/ok:1").start(job).ended).result).toEqual({ outcome: "reported" });
    expect(endOf(job)).toBeUndefined();
    expect(await jobs()).toContain(jobName(job));
  });

  it("an exceeded quota is told and waits for room", async () => {
    const quota = join(tmpdir(), "quota.json");
    const spec = { hard: { "requests.memory": "1Mi" } };
    writeFileSync(quota, JSON.stringify({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "small" }, spec }));
    await cluster.kubectl("apply", "-n", NAMESPACE, "-f", quota);
    const job = newJob();
    const execution = open("test/ok:1", { podCreateTimeoutSeconds: 60 }).start(job);
    await expect.poll(() => waitsOf(job).join("\n"), SLOW).toMatch(/exceeded quota: small.*tries again when the quota has room/);
    await cluster.kubectl("delete", "resourcequota", "small", "-n", NAMESPACE);
    expect((await execution.ended).result).toEqual({ outcome: "reported" });
    expect(endOf(job)).toBeUndefined();
  });

  it("an evicted pod is a failure of the infrastructure", async () => {
    const job = newJob();
    const execution = open("test/sleep:1").start(job);
    const pod = await untilRunning(job);
    await cluster.node.hook(`evict/${NAMESPACE}/${pod}`);
    await execution.ended;
    expect(endOf(job)).toMatchObject(failed("agent_lost", /evicted the pod.*low on resource: memory/, { infrastructure: true }) as object);
  });

  it("a Job deleted by a person is named so", async () => {
    const job = newJob();
    const execution = open("test/sleep:1").start(job);
    await untilRunning(job);
    await cluster.kubectl("delete", "job", jobName(job), "-n", NAMESPACE, "--wait=false");
    await execution.ended;
    expect(endOf(job)).toMatchObject(failed("agent_lost", /was deleted while the step ran/, { infrastructure: true }) as object);
  });

  it("a killed container tells its signal", async () => {
    const job = newJob();
    const execution = open("test/sleep:1").start(job);
    const pod = await untilRunning(job);
    await cluster.node.hook(`kill/${NAMESPACE}/${pod}?signal=KILL`);
    await execution.ended;
    expect(endOf(job)).toMatchObject(failed("worker_died", /exit code 137/) as object);
  });
});

describe("stopping and restarting", () => {
  it("a canceled step without a node leaves no Job", async () => {
    const job = newJob();
    const execution = open("test/ok:1", { nodeSelector: { disk: "fast" } }).start(job);
    await expect.poll(() => waitsOf(job).join("\n"), SLOW).toMatch(/No node fits/);
    execution.cancel("asked by ann");
    await execution.ended;
    expect(endOf(job)).toMatchObject({ outcome: "canceled" });
    expect(await jobs()).not.toContain(jobName(job));
  });

  it("a step that is canceled before its Job exists leaves none", async () => {
    const job = newJob();
    const execution = open("test/sleep:1").start(job);
    execution.cancel("never mind");
    await execution.ended;
    expect(await jobs()).not.toContain(jobName(job));
  });

  it("a pod that ignores the end is ended with its Job", async () => {
    const job = newJob();
    const execution = open("test/stubborn:1").start(job);
    const pod = await untilRunning(job);
    execution.cancel("asked by ann");
    execution.terminate();
    await execution.ended;
    expect(endOf(job)).toMatchObject({ outcome: "canceled" });
    await expect.poll(async () => await cluster.kubectl("get", "pods", "-n", NAMESPACE, "-o", "name"), SLOW).not.toContain(pod);
  });

  it("the same attempt started twice has one Job", async () => {
    const job = newJob();
    const [first, second] = [open("test/sleep:1"), open("test/sleep:1")];
    first.start(job);
    await untilRunning(job);
    second.start(job);
    await expect.poll(jobs, SLOW).toContain(jobName(job));
    expect((await podOf(job)).split(" ")).toHaveLength(1);
  });

  it("a running pod goes on when its agent leaves", async () => {
    const job = newJob();
    const executor = open("test/sleep:1");
    const execution = executor.start(job);
    await untilRunning(job);
    expect(execution.leave()).toBe(true);
    expect((await execution.ended).result).toEqual({ outcome: "reported" });
    await executor.close();
    expect(await untilRunning(job)).not.toBe("");
  });

  it("an agent that leaves early lets its pod begin", async () => {
    const job = newJob();
    const executor = open("test/sleep:1");
    const execution = executor.start(job);
    expect(execution.leave()).toBe(false);
    expect((await execution.ended).result).toEqual({ outcome: "reported" });
    expect(endOf(job)).toBeUndefined();
    expect(await untilRunning(job)).not.toBe("");
  });

  it("an API server that restarts loses no end of a step", async () => {
    const job = newJob();
    const executor = open("test/sleep:1");
    const execution = executor.start(job);
    const pod = await untilRunning(job);
    await cluster.restartApiServer();
    await cluster.node.hook(`kill/${NAMESPACE}/${pod}?signal=KILL`);
    await execution.ended;
    expect(endOf(job)).toMatchObject(failed("worker_died", /exit code 137/) as object);
    await expect.poll(() => executor.problem, SLOW).toBeNull();
  });
});
