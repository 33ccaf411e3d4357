/** Runs go from a real control plane over an agent that Helm installed into one Job for each step, and back over the connections of their pods. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { startCluster, type Cluster, type ClusterImage } from "../../scripts/kubernetes/cluster.mjs";
import { ensureHelm } from "../../scripts/kubernetes/helm.mjs";
import { buildAgentImage } from "../../scripts/kubernetes/image.mjs";
import { randomSource } from "../support/chaos.ts";
import { auditRun, allEvents } from "../support/run-audit.ts";
import { removeFolder, ROOT, startStack, temporaryFolder, until, type Stack } from "../support/stack.ts";
import { LOGS, writeStepsProject } from "../support/steps-project.ts";

const NAMESPACE = "lake";
const AGENT_PODS = "app.kubernetes.io/component=agent";
const STEP_PODS = "headgate.dev/release=lake-headgate-agent";
const QUEUE = { "headgate/queue": "cluster" };
const RUNS = 6;
const STEPS = 9;

let cluster: Cluster;
let stack: Stack;
let folder: string;
let program: string;

const kubectl = async (...args: readonly string[]): Promise<string> => await cluster.kubectl("-n", NAMESPACE, ...args);
const names = async (kind: string, ...args: readonly string[]): Promise<readonly string[]> =>
  (await kubectl("get", kind, ...args, "-o", "jsonpath={.items[*].metadata.name}")).split(" ").filter((name) => name !== "");
const stepPods = async (of = STEP_PODS): Promise<readonly string[]> =>
  await names("pods", "-l", of, "--field-selector=status.phase=Running");

async function helm(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args, "--namespace", NAMESPACE, "--kubeconfig", cluster.kubeconfig], {
    cwd: ROOT,
  });
  return stdout;
}

async function launch(requestId: string): Promise<string> {
  const run = await until(`launch ${requestId}`, () => stack.api.runs.launch.mutate({ target: { job: "all" }, requestId, tags: QUEUE }));
  return run.id;
}

async function end(run: string): Promise<string> {
  return await until(
    `run ${run} ends`,
    async () => {
      const { status } = (await stack.api.runs.get.query({ run })).run;
      return isTerminalRun(status) && status;
    },
    240_000,
  );
}

/** How the image wants to be run, for the test kubelet. */
function imageAt(rootfs: string): ClusterImage {
  const { process } = JSON.parse(readFileSync(join(dirname(rootfs), "config.json"), "utf8")) as {
    readonly process: {
      readonly args: readonly string[];
      readonly env: readonly string[];
      readonly cwd: string;
      readonly user: { readonly uid: number; readonly gid: number };
    };
  };
  const env = Object.fromEntries(process.env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
  return { entrypoint: process.args, env, workdir: process.cwd, user: `${process.user.uid}:${process.user.gid}`, rootfs };
}

beforeAll(async () => {
  folder = temporaryFolder("kubernetes");
  writeStepsProject(join(folder, "p"), { width: 3, depth: 3, sleepMs: 300, retries: 3 });
  stack = await startStack({ project: join(folder, "p"), data: join(folder, "data") });
  program = await ensureHelm((text) => console.log(text));
  const { root } = await buildAgentImage({ out: join(folder, "image"), onProgress: (text) => console.log(text) });
  cluster = await startCluster({
    name: "executor",
    images: { "headgate/agent:0.1.0": imageAt(root) },
    onProgress: (text) => console.log(text),
  });
  await cluster.kubectl("create", "namespace", NAMESPACE);
  await cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted");
  const { secret } = await stack.api.tokens.create.mutate({ name: "cluster", kind: "agent" });
  await kubectl("create", "secret", "generic", "agent", `--from-literal=token=${secret}`);
  const small = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "1Gi" } };
  const values = {
    controlPlane: { url: stack.url, queue: "cluster" },
    token: { existingSecret: "agent" },
    executor: "kubernetes",
    replicas: 2,
    warmWorkers: 0,
    graceSeconds: 5,
    resources: small,
    runs: { resources: small, terminationGracePeriodSeconds: 10 },
  };
  writeFileSync(join(folder, "values.json"), JSON.stringify(values));
  await helm("install", "lake", "charts/headgate-agent", "--values", join(folder, "values.json"), "--wait", "--timeout", "90s");
  await until("the agent of the cluster connects", async () =>
    (await stack.api.agents.list.query()).some(({ queue, status }) => queue === "cluster" && status === "connected"),
  );
});

afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
  removeFolder(folder);
});

describe("steps in Kubernetes Jobs", () => {
  it("a run succeeds with one Job for each step", async () => {
    const run = await launch("first");
    expect(await end(run)).toBe("succeeded");
    expect((await auditRun(stack.api, run, LOGS)).problems).toEqual([]);
    expect(await names("jobs", "-l", `headgate.dev/run=${run}`)).toHaveLength(STEPS);
    const { steps } = await stack.api.runs.get.query({ run });
    expect(steps.map(({ attempt }) => attempt)).toEqual(steps.map(() => 1));
  });

  it("each agent says in which namespace its steps run", async () => {
    const agents = (await stack.api.agents.list.query()).filter(({ queue }) => queue === "cluster");
    expect(agents.map(({ labels }) => labels)).toEqual(agents.map(() => ({ executor: "kubernetes", namespace: NAMESPACE })));
    expect(agents.length).toBeGreaterThan(0);
  });

  it("a canceled run leaves no pod", async () => {
    const run = await launch("canceled");
    await until("a pod of the run runs", async () => (await stepPods()).length > 0);
    await stack.api.runs.cancel.mutate({ run });
    expect(await end(run)).toBe("canceled");
    await until("its pods are gone", async () => (await stepPods()).length === 0);
  });

  it("a run goes on while its agent is killed and replaced", async () => {
    const run = await launch("replaced");
    await until("a pod of the run runs", async () => (await stepPods()).length > 0);
    await kubectl("delete", "pod", "-l", AGENT_PODS, "--grace-period=0", "--force");
    expect(await end(run)).toBe("succeeded");
    expect((await auditRun(stack.api, run, LOGS)).problems).toEqual([]);
  });

  it("an upgrade of the chart takes no step along", async () => {
    const run = await launch("upgraded");
    await until("a pod of the run runs", async () => (await stepPods()).length > 0);
    const again = ["--values", join(folder, "values.json"), "--set", "podAnnotations.edition=two", "--wait", "--timeout", "90s"];
    await helm("upgrade", "lake", "charts/headgate-agent", ...again);
    expect(await end(run)).toBe("succeeded");
    expect((await auditRun(stack.api, run, LOGS)).problems).toEqual([]);
  });

  it("an evicted pod costs no retry of the user", async () => {
    const run = await launch("evicted");
    const [pod = ""] = await until("a pod of the run runs", async () => {
      const pods = await stepPods(`headgate.dev/run=${run}`);
      return pods.length > 0 && pods;
    });
    await cluster.node.hook(`evict/${NAMESPACE}/${pod}`);
    expect(await end(run)).toBe("succeeded");
    const events = await allEvents(stack.api, run);
    const said = JSON.stringify(events.filter(({ event }) => event.type === "engine" || event.type === "step_failed"));
    expect(said).toMatch(/uses up no retry \(1 of 3\)/);
    expect(said).toMatch(/The node evicted the pod: The node was low on resource: memory/);
  });

  it("runs with killed pods, agents and API server lose and double nothing", { timeout: 420_000 }, async () => {
    const random = randomSource(7);
    const ids: string[] = [];
    for (let index = 0; index < RUNS; index++) ids.push(await launch(`kill-${index}`));
    for (let kill = 0; kill < 6; kill++) {
      await new Promise((wake) => setTimeout(wake, 500 + random() * 1500));
      const pods = await stepPods();
      const pod = pods[Math.floor(random() * pods.length)];
      if (kill === 3) await cluster.restartApiServer();
      else if (kill === 1) await kubectl("delete", "pod", "-l", AGENT_PODS, "--grace-period=0", "--force");
      else if (pod !== undefined) await cluster.node.hook(`kill/${NAMESPACE}/${pod}?signal=KILL`);
    }
    for (const run of ids) await end(run);
    const audits = [];
    for (const run of ids) audits.push(await auditRun(stack.api, run, LOGS));
    console.log(
      `${audits.filter(({ status }) => status === "succeeded").length} of ${RUNS} runs succeeded, ${audits.reduce((sum, { attempts }) => sum + attempts, 0)} attempts for ${RUNS * STEPS} steps`,
    );
    expect(audits.flatMap(({ problems }) => problems)).toEqual([]);
    await until("no pod of a step is left", async () => (await stepPods()).length === 0);
  });

  it("the agent may do what its Role says and no more", async () => {
    const as = `--as=system:serviceaccount:${NAMESPACE}:lake-headgate-agent`;
    const may = async (...what: readonly string[]): Promise<string> =>
      (await kubectl("auth", "can-i", ...what, as).catch((error: { readonly stdout: string }) => error.stdout)).trim();
    for (const verb of ["create", "get", "list", "watch", "delete"]) expect(await may(verb, "jobs.batch")).toBe("yes");
    for (const verb of ["get", "list", "watch"]) expect(await may(verb, "pods")).toBe("yes");
    expect(await may("create", "secrets")).toBe("yes");
    const refused = ["get secrets", "list secrets", "create pods", "delete pods", "patch jobs.batch", "get nodes", "create pods/exec"];
    for (const what of refused) expect([what, await may(...what.split(" "))]).toEqual([what, "no"]);
    expect(await may("list", "jobs.batch", "--namespace=default")).toBe("no");
  });

  it("uninstall leaves the Secret with the token and finished Jobs only", async () => {
    await helm("uninstall", "lake", "--wait", "--timeout", "90s");
    const kinds = "deployments,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets,roles,rolebindings";
    const left = async (): Promise<readonly string[]> => (await kubectl("get", kinds, "-o", "name")).trim().split("\n").toSorted();
    const ofSteps = /^secret\/hg-/;
    await expect
      .poll(async () => (await left()).filter((name) => !ofSteps.test(name)), { timeout: 60_000 })
      .toEqual(["configmap/kube-root-ca.crt", "secret/agent", "serviceaccount/default"]);
    await until("no pod is left running", async () => (await names("pods", "--field-selector=status.phase=Running")).length === 0);
  });
});
