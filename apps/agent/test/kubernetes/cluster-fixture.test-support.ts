/** A namespace of the test cluster with the agent's account in it, and executors that use them. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentToken } from "../../src/agent-token.ts";
import { ProcessExecutor } from "../../src/executors/process/process-executor.ts";
import { KubernetesExecutor } from "../../src/executors/kubernetes/kubernetes-executor.ts";
import { podSettingsSchema } from "../../src/executors/kubernetes/pod-settings.ts";
import { DEFAULT_TIMING } from "../../src/timing.ts";
import { ControlPlaneHttp } from "../../src/versions/control-plane-http.ts";
import type { Cluster } from "../../../../scripts/kubernetes/cluster.mjs";

export type TestCluster = Cluster;

const shell = (script: string): TestImage => ({ entrypoint: ["/bin/sh", "-c", script], rootfs: "/", user: "65532:65532" });

interface TestImage {
  readonly entrypoint: readonly string[];
  readonly rootfs: string;
  readonly user: string;
}

/** Each is a program that stands for the agent in a pod. */
export const IMAGES = {
  "test/ok:1": shell("exit 0"),
  "test/token:1": shell("cat /var/run/headgate/token > /dev/termination-log; exit 4"),
  "test/exit-3:1": shell("echo first line; echo 'cannot open the lake' >&2; exit 3"),
  "test/sleep:1": shell("trap 'exit 0' TERM; while :; do sleep 0.05; done"),
  "test/stubborn:1": shell("trap '' TERM; while :; do sleep 0.05; done"),
  "test/hungry:1": { ...shell(""), entrypoint: ["node", "-e", "const a=[];setInterval(()=>a.push(Buffer.alloc(8e6,1)),5)"] },
} as const;

/** The Role of the agent, as the chart makes it. */
const ROLE = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: "agent" },
  rules: [
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list", "watch", "delete"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
  ],
};

/** -> a function that gives the current token of the agent's account. */
export async function makeNamespace(cluster: TestCluster, namespace: string): Promise<() => string> {
  await cluster.kubectl("create", "namespace", namespace);
  await cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted");
  await cluster.kubectl("create", "serviceaccount", "agent", "-n", namespace);
  const role = join(mkdtempSync(join(tmpdir(), "role-")), "role.json");
  writeFileSync(role, JSON.stringify(ROLE));
  await cluster.kubectl("apply", "-n", namespace, "-f", role);
  await cluster.kubectl("create", "rolebinding", "agent", "-n", namespace, "--role=agent", `--serviceaccount=${namespace}:agent`);
  const token = (await cluster.kubectl("create", "token", "agent", "-n", namespace)).trim();
  return () => token;
}

export interface ExecutorInput {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly token: () => string;
  readonly url: string;
  readonly image: keyof typeof IMAGES | (string & {});
  readonly settings?: Readonly<Record<string, unknown>>;
}

export function openExecutor({ cluster, namespace, token, url, image, settings = {} }: ExecutorInput): KubernetesExecutor {
  const dataDir = mkdtempSync(join(tmpdir(), "executor-"));
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const http = new ControlPlaneHttp({ url, token: new AgentToken({ from: "value", value: "agent-token" }), random: Math.random });
  const host = { dataDir, folder: join(dataDir, "instance"), http, timing: DEFAULT_TIMING, log, now: Date.now };
  const config = { slots: 1, modules: null, workerEnv: [], workerMemoryMb: 256, warmWorkers: 0 };
  const workerMain = new URL("../../src/executors/process/worker-main.ts", import.meta.url);
  return new KubernetesExecutor(
    {
      access: { server: cluster.server, ca: readFileSync(cluster.ca, "utf8"), namespace, token },
      settings: podSettingsSchema.parse({
        release: "test",
        image,
        terminationGracePeriodSeconds: 1,
        resources: { limits: { memory: "96Mi" }, requests: { cpu: "10m", memory: "16Mi" } },
        podSecurityContext: { runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532, seccompProfile: { type: "RuntimeDefault" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        ...settings,
      }),
      url,
      podEnv: {},
      random: Math.random,
      processes: new ProcessExecutor({ config, env: process.env, workerMain }, host),
    },
    host,
  );
}
