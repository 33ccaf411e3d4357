/** What `helm template` makes of the chart for each kind of values, and which values it refuses. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { ensureHelm } from "../../scripts/kubernetes/helm.mjs";
import { podSettingsSchema, type PodSettings } from "../../apps/agent/src/executors/kubernetes/pod-settings.ts";

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly EnvEntry[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: PodSpec & Readonly<Record<string, unknown>> & { readonly template: { readonly spec: PodSpec } };
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CHART = import.meta.dirname;
const ROOT = join(CHART, "../..");
const URL_AND_SECRET = { controlPlane: { url: "https://headgate.example.com" }, token: { existingSecret: "agent" } };

let helm = "";
let folder = "";
beforeAll(async () => {
  helm = await ensureHelm((line) => console.log(line));
  folder = mkdtempSync(join(tmpdir(), "headgate-chart-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

async function run(args: readonly string[]): Promise<Ended> {
  return await new Promise((done) => {
    execFile(helm, args, (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), stdout, stderr }));
  });
}

async function template(values: object, args: readonly string[] = []): Promise<Ended> {
  const file = join(folder, "values.json");
  writeFileSync(file, JSON.stringify(values));
  return await run(["template", "demo", CHART, "--namespace", "data", "--values", file, ...args]);
}

async function manifestsOf(values: object, args: readonly string[] = []): Promise<Manifest[]> {
  const { code, stdout, stderr } = await template({ ...URL_AND_SECRET, ...values }, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return parseAllDocuments(stdout).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
}

function one(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, second] = manifests.filter((manifest) => manifest.kind === kind);
  if (found === undefined || second !== undefined) throw new Error(`There is not exactly one ${kind}.`);
  return found;
}

function agentOf(manifests: readonly Manifest[]): { readonly pod: PodSpec; readonly container: Container } {
  const pod = one(manifests, "Deployment").spec.template.spec;
  const [container] = pod.containers;
  if (container === undefined) throw new Error("The pod has no container.");
  return { pod, container };
}

/** The file that the agent reads, accepted by the agent's own schema. */
function podSettingsOf(manifests: readonly Manifest[]): PodSettings {
  return podSettingsSchema.parse(JSON.parse(one(manifests, "ConfigMap").data?.["runs.json"] ?? "null"));
}

const valueOf = (container: Container, name: string): string | undefined => container.env.find((entry) => entry.name === name)?.value;

describe("chart", () => {
  it("helm lint finds nothing", async () => {
    const { code, stdout } = await run(["lint", CHART, "--set", "controlPlane.url=https://x.example.com,token.existingSecret=agent"]);
    expect(stdout).not.toMatch(/WARNING|ERROR/);
    expect(code).toBe(0);
  });

  it("the chart and the agent have the same version", async () => {
    const chart = parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")) as { readonly version: string; readonly appVersion: string };
    const { version } = JSON.parse(readFileSync(join(ROOT, "apps/agent/package.json"), "utf8")) as { readonly version: string };
    expect(chart).toMatchObject({ version, appVersion: version });
    expect(readFileSync(join(ROOT, "apps/agent/src/connection/hello.ts"), "utf8")).toContain(`AGENT_VERSION = "${version}"`);
  });

  it("the values of the schema and the documented values are the same", () => {
    const values = parse(readFileSync(join(CHART, "values.yaml"), "utf8")) as Record<string, unknown>;
    const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as { readonly properties: Record<string, unknown> };
    expect(Object.keys(schema.properties).filter((name) => name !== "global")).toEqual(expect.arrayContaining(Object.keys(values)));
    expect(Object.keys(values)).toHaveLength(Object.keys(schema.properties).length - 1);
  });

  it("the defaults fit the profile restricted and give no permission", async () => {
    const manifests = await manifestsOf({});
    expect(manifests.map((manifest) => manifest.kind).toSorted()).toEqual(["Deployment", "NetworkPolicy", "Pod", "ServiceAccount"]);
    for (const pod of [agentOf(manifests).pod, one(manifests, "Pod").spec]) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } });
      for (const container of pod.containers)
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
    }
    expect(one(manifests, "NetworkPolicy").spec).toMatchObject({ policyTypes: ["Ingress"], ingress: [] });
    const { pod, container } = agentOf(manifests);
    expect(container.image).toBe("headgate/agent:0.1.0");
    expect(pod.volumes).toContainEqual({ name: "token", secret: { secretName: "agent", items: [{ key: "token", path: "token" }] } });
    expect(valueOf(container, "HEADGATE_AGENT_TOKEN_FILE")).toBe("/var/run/headgate/token");
    expect(one(manifests, "Deployment").spec).toMatchObject({ replicas: 1, progressDeadlineSeconds: 60 });
    expect(one(manifests, "Pod").spec.containers[0]?.args).toEqual(["check"]);
  });

  it("a token in the values becomes a Secret that the pod mounts", async () => {
    const manifests = await manifestsOf({ token: { value: "hg_agent_1", key: "other" } });
    const secret = one(manifests, "Secret");
    expect(secret.data).toEqual({ token: Buffer.from("hg_agent_1").toString("base64") });
    expect(agentOf(manifests).pod.volumes).toContainEqual({
      name: "token",
      secret: { secretName: secret.metadata.name, items: [{ key: "token", path: "token" }] },
    });
  });

  it("an own variable replaces the one of the chart, never doubles it", async () => {
    const env = [
      { name: "HEADGATE_LOG_LEVEL", value: "debug" },
      { name: "WAREHOUSE_HOST", value: "first" },
      { name: "WAREHOUSE_HOST", value: "second" },
    ];
    const { container } = agentOf(await manifestsOf({ env }));
    const names = container.env.map((entry) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    expect(valueOf(container, "HEADGATE_LOG_LEVEL")).toBe("debug");
    expect(valueOf(container, "WAREHOUSE_HOST")).toBe("second");
    expect(valueOf(container, "HEADGATE_URL")).toBe("https://headgate.example.com");
  });

  it("numbers of eight digits and more stay whole numbers", async () => {
    const values = {
      replicas: 12_345_678,
      workerMemoryMb: 1_000_000,
      terminationGracePeriodSeconds: 86_400_000,
      podSecurityContext: { runAsUser: 1_000_810_000, fsGroup: 1_000_810_000 },
      podDisruptionBudget: { maxUnavailable: 12_345_678 },
    };
    const { stdout } = await template({ ...URL_AND_SECRET, ...values });
    expect(stdout).not.toMatch(/\de\+\d/);
    const manifests = await manifestsOf(values);
    const { pod, container } = agentOf(manifests);
    expect(one(manifests, "Deployment").spec).toMatchObject({ replicas: 12_345_678 });
    expect(pod.terminationGracePeriodSeconds).toBe(86_400_000);
    expect(pod.securityContext).toMatchObject({ runAsUser: 1_000_810_000, fsGroup: 1_000_810_000 });
    expect(valueOf(container, "HEADGATE_WORKER_MEMORY")).toBe("1000000");
    expect(one(manifests, "PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: 12_345_678 });
  });

  it("every value may be null, one by one and all at once", { timeout: 300_000 }, async () => {
    const values = parse(readFileSync(join(CHART, "values.yaml"), "utf8")) as Record<string, unknown>;
    const names = Object.keys(values).filter((name) => name !== "controlPlane" && name !== "token");
    const inner = Object.entries(values).flatMap(([name, value]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.keys(value).map((key) => ({ [name]: { [key]: null } }))
        : [],
    );
    const cases: object[] = [
      ...names.map((name) => ({ [name]: null })),
      ...inner.map((value) => ("controlPlane" in value && "url" in (value["controlPlane"] as object) ? {} : value)),
      Object.fromEntries(names.map((name) => [name, null])),
    ];
    for (const value of cases) {
      const whole = "controlPlane" in value || "token" in value ? merged(value) : value;
      const manifests = await manifestsOf(whole);
      expect(agentOf(manifests).container.name).toBe("agent");
    }
  });

  it("replicas are left out when they are null", async () => {
    const manifests = await manifestsOf({ replicas: null });
    expect(one(manifests, "Deployment").spec).not.toHaveProperty("replicas");
    expect(one(manifests, "PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: 1 });
  });

  it("a cluster may choose the user itself", async () => {
    const { pod } = agentOf(await manifestsOf({ podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } }));
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  });

  it("the pod outlives the grace time of its steps", async () => {
    const { pod, container } = agentOf(await manifestsOf({ graceSeconds: 600 }));
    expect(valueOf(container, "HEADGATE_AGENT_GRACE")).toBe("600");
    expect(pod.terminationGracePeriodSeconds).toBe(635);
  });

  it("proxy and own authority are given to the agent and its test", async () => {
    const manifests = await manifestsOf({
      proxy: { https: "http://proxy:3128", no: ".svc" },
      extraCa: { configMap: "company", key: "root.pem" },
    });
    const { pod, container } = agentOf(manifests);
    const [check] = one(manifests, "Pod").spec.containers;
    for (const one of [container, check]) {
      if (one === undefined) throw new Error("The test has no container.");
      expect(valueOf(one, "HTTPS_PROXY")).toBe("http://proxy:3128");
      expect(valueOf(one, "NO_PROXY")).toBe(".svc");
      expect(valueOf(one, "NODE_USE_ENV_PROXY")).toBe("1");
      expect(valueOf(one, "NODE_EXTRA_CA_CERTS")).toBe("/etc/headgate/ca/ca.crt");
    }
    expect(pod.volumes).toContainEqual({ name: "ca", configMap: { name: "company", items: [{ key: "root.pem", path: "ca.crt" }] } });
  });

  it("Jobs for steps get a Role, an account and settings", async () => {
    const manifests = await manifestsOf({ executor: "kubernetes" });
    const { pod, container } = agentOf(manifests);
    expect(valueOf(container, "HEADGATE_EXECUTOR")).toBe("kubernetes");
    expect(pod.automountServiceAccountToken).toBe(true);
    expect(one(manifests, "Role").rules?.map(({ resources, verbs }) => [resources.join(), verbs.join()])).toEqual([
      ["jobs", "create,get,list,watch,delete"],
      ["pods", "get,list,watch"],
      ["events", "list"],
      ["secrets", "create"],
    ]);
    expect(podSettingsOf(manifests)).toMatchObject({
      release: "demo-headgate-agent",
      namespace: "data",
      image: "headgate/agent:0.1.0",
      serviceAccountName: "demo-headgate-agent-runs",
      maxConcurrent: 20,
      podSecurityContext: { runAsNonRoot: true },
      securityContext: { readOnlyRootFilesystem: true },
    });
    expect(manifests.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec["ingress"])).toEqual([[], []]);
  });

  it("settings of Jobs keep numbers, volumes and the own authority", async () => {
    const volume = { name: "lake", persistentVolumeClaim: { claimName: "lake" } };
    const runs = { activeDeadlineSeconds: 86_400_000, volumes: [volume], env: [{ name: "A", value: "1" }] };
    const settings = podSettingsOf(await manifestsOf({ executor: "kubernetes", runs, extraCa: { configMap: "company" } }));
    expect(settings.activeDeadlineSeconds).toBe(86_400_000);
    expect(settings.volumes.map(({ name }) => name)).toEqual(["lake", "ca"]);
    expect(settings.volumeMounts).toEqual([{ name: "ca", mountPath: "/etc/headgate/ca", readOnly: true }]);
    expect(settings.env.map(({ name }) => name)).toEqual(["NODE_EXTRA_CA_CERTS", "A"]);
  });

  it("every setting of Jobs may be null", async () => {
    const values = parse(readFileSync(join(CHART, "values.yaml"), "utf8")) as { readonly runs: Readonly<Record<string, unknown>> };
    const runs = Object.fromEntries(Object.keys(values.runs).map((name) => [name, null]));
    for (const value of [runs, null])
      expect(podSettingsOf(await manifestsOf({ executor: "kubernetes", runs: value })).maxConcurrent).toBe(20);
  });

  it("egress and readers of metrics can be listed", async () => {
    const egress = [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }];
    const metricsFrom = [{ namespaceSelector: { matchLabels: { name: "monitoring" } } }];
    expect(one(await manifestsOf({ networkPolicy: { egress, metricsFrom } }), "NetworkPolicy").spec).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      egress,
      ingress: [{ from: metricsFrom, ports: [{ port: "health" }] }],
    });
  });

  it.each<[string, object, string]>([
    ["an address of another kind", { controlPlane: { url: "ws://x" } }, "at '/controlPlane/url'"],
    ["no address", { controlPlane: { url: "" } }, "at '/controlPlane/url'"],
    ["an unknown executor", { executor: "docker" }, "at '/executor'"],
    ["a mistyped setting of Jobs", { runs: { ttl: 60 } }, "at '/runs': additional properties 'ttl' not allowed"],
    ["no slots", { slots: 0 }, "at '/slots': minimum: got 0, want 1"],
    ["a mistyped key", { replica: 2 }, "additional properties 'replica' not allowed"],
    ["a mistyped key inside", { image: { repo: "x" } }, "at '/image': additional properties 'repo' not allowed"],
    ["a number as the value of a variable", { env: [{ name: "A", value: 1 }] }, "at '/env/0/value'"],
    ["an API token", { token: { value: "hg_api_1" } }, "at '/token/value'"],
    ["no token", { token: { existingSecret: "" } }, "The agent needs a token."],
  ])("%s is refused with its place", async (_what, values, said) => {
    const { code, stderr } = await template({ ...URL_AND_SECRET, ...values });
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });
});

/** The address and the Secret must stay when another value beside them is null. */
function merged(value: object): object {
  const { controlPlane, token } = value as { readonly controlPlane?: object; readonly token?: object };
  return {
    controlPlane: { ...URL_AND_SECRET.controlPlane, ...controlPlane },
    token: { ...token, existingSecret: URL_AND_SECRET.token.existingSecret },
  };
}
