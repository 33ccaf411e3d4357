/**
 * A kubelet for tests, without a container engine. It registers a node with a real API server, takes the pods that the real scheduler binds
 * to it, and runs each container as a local process: exit codes, output, signals, probes, volumes, memory limits, images that are missing,
 * eviction. Networks are not isolated, and processors, `exec` and `attach` are not provided.
 *
 *     node main.mjs --kubeconfig FILE --images FILE --state DIR --port N [--node local-1] [--isolate overlay|none] [--memory 4Gi] [--cpu 4]
 *
 * An image is an entry of a JSON file: `{ "example/agent:1": { "entrypoint": [...], "env": {}, "workdir": "/", "user": "1001:1001", "rootfs": "/", "pullMs": 50 } }`.
 */
import { readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { kubeApi } from "./api.mjs";
import { microTime, timestamp } from "./formats.mjs";
import { serveLogs } from "./log-server.mjs";
import { PodRun } from "./pod-run.mjs";

const HEARTBEAT_MS = 10_000;
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const LAST_PHASES = ["Succeeded", "Failed"];

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    images: { type: "string" },
    state: { type: "string" },
    port: { type: "string" },
    node: { type: "string", default: "local-1" },
    isolate: { type: "string", default: "none" },
    memory: { type: "string", default: "4Gi" },
    cpu: { type: "string", default: "4" },
    label: { type: "string", multiple: true, default: [] },
  },
});

const log = (text) => console.error(`${timestamp()} ${text}`);
const api = kubeApi(values.kubeconfig);
/** By uid. */
const pods = new Map();
const isDeleting = new Set();
let beats = true;
let addresses = 0;

const node = {
  api,
  name: values.node,
  stateFolder: resolve(values.state),
  isolate: values.isolate,
  images: () => JSON.parse(readFileSync(values.images, "utf8")),
  // One address of loopback for each pod, so that pods may use the same port.
  nextIp: () => {
    addresses++;
    return `127.${values.node === "local-1" ? 20 : 21}.${addresses >> 8}.${addresses & 255}`;
  },
  find: (namespace, name) => [...pods.values()].find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name),
  setHeartbeat: (on) => {
    beats = on;
  },
  log,
};

function observe(pod) {
  const { uid, deletionTimestamp, resourceVersion } = pod.metadata;
  let run = pods.get(uid);
  if (!run && !deletionTimestamp && !LAST_PHASES.includes(pod.status?.phase)) {
    run = new PodRun(node, pod);
    pods.set(uid, run);
    // Its processes ended with an earlier kubelet.
    if (pod.status?.phase === "Running") return void run.stop({ phase: "Failed" });
    run.run().catch((error) => log(`${run.key}: ${error.stack}`));
  } else if (run && resourceVersion) run.pod = pod;
  if (!deletionTimestamp || isDeleting.has(uid)) return;
  isDeleting.add(uid);
  void finishDeletion(pod, run).catch((error) => error.code !== 404 && log(`delete: ${error.message}`));
}

async function finishDeletion({ metadata }, run) {
  await run?.stop({ grace: metadata.deletionGracePeriodSeconds ?? 30 });
  await run?.written();
  const body = { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } };
  await api.call("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`, { body });
}

function forget({ metadata: { uid } }) {
  const run = pods.get(uid);
  pods.delete(uid);
  isDeleting.delete(uid);
  if (!run) return;
  const remove = () => rmSync(run.folder, { recursive: true, force: true });
  void Promise.resolve(run.stop({ grace: 0 })).then(() => setTimeout(remove, 200));
}

async function registerNode() {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const given = Object.fromEntries(values.label.map((entry) => entry.split("=")));
  const labels = { "kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": arch, ...given };
  const body = { apiVersion: "v1", kind: "Node", metadata: { name: node.name, labels }, spec: {} };
  await api.call("POST", "/api/v1/nodes", { body }).catch((error) => {
    if (error.code !== 409) throw error;
  });
  for (; ; await sleep(HEARTBEAT_MS)) {
    if (!beats) continue;
    await beat(arch).catch((error) => log(`heartbeat: ${error.message}`));
  }
}

async function beat(architecture) {
  const sizes = { cpu: values.cpu, memory: values.memory, pods: "200", "ephemeral-storage": "20Gi" };
  const condition = (type, status, reason) => ({ type, status, reason, lastHeartbeatTime: timestamp(), lastTransitionTime: timestamp() });
  const pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => condition(type, "False", "Fine"));
  const ids = { machineID: node.name, systemUUID: node.name, bootID: node.name };
  const software = { osImage: "test kubelet", containerRuntimeVersion: "local://1", kubeletVersion: "v1.36.3", kubeProxyVersion: "" };
  const status = {
    capacity: sizes,
    allocatable: sizes,
    addresses: [
      { type: "InternalIP", address: "127.0.0.1" },
      { type: "Hostname", address: node.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: Number(values.port) } },
    nodeInfo: { ...ids, ...software, kernelVersion: os.release(), operatingSystem: "linux", architecture },
    conditions: [...pressures, condition("Ready", "True", "KubeletReady")],
  };
  await api.mergePatch(`/api/v1/nodes/${node.name}/status`, { status });
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: node.name, namespace: "kube-node-lease" },
    spec: { holderIdentity: node.name, leaseDurationSeconds: 40, renewTime: microTime() },
  };
  await api.mergePatch(`${LEASES}/${node.name}`, lease).catch(async (error) => {
    if (error.code !== 404) throw error;
    await api.call("POST", LEASES, { body: lease });
  });
}

for (const name of ["SIGTERM", "SIGINT"])
  process.on(name, () => {
    for (const { states } of pods.values()) for (const { running } of states.values()) running?.kill("SIGKILL");
    process.exit(0);
  });
process.on("unhandledRejection", (error) => log(`unhandled: ${error?.stack ?? error}`));

await serveLogs(node, Number(values.port));
const onList = (items) => {
  const live = new Set(items.map(({ metadata }) => metadata.uid));
  for (const pod of items) observe(pod);
  for (const { pod } of pods.values()) if (!live.has(pod.metadata.uid)) forget(pod);
};
const onEvent = (type, pod) => (type === "DELETED" ? forget(pod) : observe(pod));
void api.listWatch(`/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node.name}`)}`, { onList, onEvent, log });
await registerNode();
