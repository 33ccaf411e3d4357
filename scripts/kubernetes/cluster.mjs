/**
 * A real Kubernetes cluster for tests, as plain processes on loopback: etcd, API server, controller manager, scheduler, and nodes of the
 * test kubelet. `node scripts/kubernetes/cluster.mjs` starts one and prints how to reach it; Ctrl-C ends it.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testFolder } from "../engines/engine-cache.mjs";
import { EngineUnavailable } from "../engines/engine-files.mjs";
import { freePort, startProcess } from "../engines/engine-process.mjs";
import { makeCertificates } from "./certificates.mjs";
import { ensureKubernetes } from "./tools.mjs";

const KUBELET = join(dirname(fileURLToPath(import.meta.url)), "kubelet", "main.mjs");
const CONTROLLERS = [
  "serviceaccount",
  "namespace",
  "root-ca-certificate-publisher",
  "job",
  "deployment",
  "replicaset",
  "ttl-after-finished",
  "garbage-collector",
  "pod-garbage-collector",
  "node-lifecycle",
  "taint-eviction",
  "disruption",
  "resourcequota",
];
/** The defaults make a burst of Jobs slow. */
const QUICK = ["--kube-api-qps=300", "--kube-api-burst=600"];
const run = promisify(execFile);

/**
 * @param {{ name: string, onProgress?: (text: string) => void, images: Record<string, object>, isolate?: "overlay" | "none" }} options `name`: of the folder that keeps it, so that the next start ends what a killed one left
 * @returns what tests need: the kubeconfig, kubectl, hooks of the nodes, and `stop`
 */
export async function startCluster({ name, onProgress = () => {}, images, isolate = "overlay" }) {
  requireSystem(isolate);
  const program = await ensureKubernetes(onProgress);
  const folder = testFolder(join("kubernetes", name));
  const dir = (part) => join(folder, part);
  const processes = [];
  const start = async (options) => {
    const started = await startProcess({ timeoutMs: 120_000, ...options });
    processes.push(started);
    return started;
  };
  for (const part of ["etcd", "state"]) rmSync(dir(part), { recursive: true, force: true });
  const pki = dir("pki");
  rmSync(pki, { recursive: true, force: true });
  mkdirSync(pki, { recursive: true });
  const [etcd, peer, port] = [await freePort(), await freePort(), await freePort()];
  const server = `https://127.0.0.1:${port}`;
  makeCertificates(pki, server);
  const file = (entry) => join(pki, entry);
  const stop = async () => {
    for (const started of processes.splice(0).toReversed()) await started.stop();
  };
  try {
    const etcdDir = dir("etcd");
    const urls = ["--client-url", `http://127.0.0.1:${etcd}`, "--peer-url", `http://127.0.0.1:${peer}`];
    const etcdIsUp = async () => (await fetch(`http://127.0.0.1:${etcd}/health`)).ok;
    await start({ name: "etcd", command: program, args: ["etcd", "--data-dir", etcdDir, ...urls], dataDir: etcdDir, isReady: etcdIsUp });
    const ca = readFileSync(file("ca.crt"));
    const apiServer = () =>
      startProcess({
        name: "kube-apiserver",
        command: program,
        args: apiServerFlags({ folder: dir("apiserver"), file, etcd, port }),
        dataDir: dir("apiserver"),
        isReady: () => isReady(`${server}/readyz`, ca),
        timeoutMs: 120_000,
      });
    let api = await apiServer();
    processes.push({ stop: () => api.stop() });
    const kubectl = async (...args) =>
      (await run(program, ["kubectl", "--kubeconfig", file("admin.json"), ...args], { maxBuffer: 64_000_000 })).stdout;
    for (const [kind, flags] of Object.entries(managerFlags(file)))
      await start({
        name: kind,
        command: program,
        // The folder names the process: the next start finds it there if it was left behind.
        args: [kind, ...flags, `--cert-dir=${dir(kind)}`],
        dataDir: dir(kind),
        isReady: async () => true,
      });
    const imagesFile = dir("images.json");
    writeFileSync(imagesFile, JSON.stringify(images));
    const addNode = async (node) => {
      const kubeletPort = await freePort();
      const state = dir(join("state", node));
      const at = ["--kubeconfig", file("admin.json"), "--images", imagesFile, "--state", state, "--port", String(kubeletPort)];
      const isUp = async () =>
        /True/.test(await kubectl("get", "node", node, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"));
      const started = await start({
        name: `kubelet ${node}`,
        command: process.execPath,
        args: [KUBELET, ...at, "--node", node, "--isolate", isolate],
        dataDir: state,
        isReady: isUp,
      });
      return { ...started, hook: (path) => callHook(kubeletPort, path) };
    };
    const node = await addNode("local-1");
    return {
      kubeconfig: file("admin.json"),
      server,
      ca: file("ca.crt"),
      kubectl,
      node,
      addNode,
      setImages: (entries) => writeFileSync(imagesFile, JSON.stringify(entries)),
      restartApiServer: async () => {
        await api.stop("SIGKILL");
        api = await apiServer();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function requireSystem(isolate) {
  if (process.platform !== "linux") throw new EngineUnavailable("The Kubernetes tests need Linux: their kubelet reads /proc.");
  if (isolate === "overlay" && process.getuid() !== 0)
    throw new EngineUnavailable("The Kubernetes tests need root: each container gets its own mounts. Run them with sudo.");
}

function apiServerFlags({ folder, file, etcd, port }) {
  return [
    "kube-apiserver",
    `--cert-dir=${folder}`,
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--authorization-mode=RBAC",
    `--client-ca-file=${file("ca.crt")}`,
    `--tls-cert-file=${file("server.crt")}`,
    `--tls-private-key-file=${file("server.key")}`,
    "--anonymous-auth=true",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("sa.pub")}`,
    `--service-account-signing-key-file=${file("sa.key")}`,
    `--kubelet-client-certificate=${file("to-kubelet.crt")}`,
    `--kubelet-client-key=${file("to-kubelet.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--profiling=false",
    "--enable-priority-and-fairness=false",
  ];
}

function managerFlags(file) {
  const alone = ["--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0", "--profiling=false", ...QUICK];
  return {
    "kube-controller-manager": [
      `--kubeconfig=${file("controllers.json")}`,
      "--use-service-account-credentials=true",
      `--root-ca-file=${file("ca.crt")}`,
      `--service-account-private-key-file=${file("sa.key")}`,
      `--controllers=${CONTROLLERS.map((name) => `${name}-controller`).join(",")}`,
      ...alone,
    ],
    "kube-scheduler": [`--kubeconfig=${file("scheduler.json")}`, ...alone],
  };
}

function isReady(url, ca) {
  return new Promise((resolve, reject) => {
    https.get(url, { ca }, (response) => resolve(response.resume().statusCode === 200)).on("error", reject);
  });
}

/** The kubelet has a certificate that it signed itself. */
function callHook(port, path) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: `/local/${path}`, method: "POST", rejectUnauthorized: false };
    https
      .request(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [imagesFile] = process.argv.slice(2);
  const images = imagesFile !== undefined && existsSync(imagesFile) ? JSON.parse(readFileSync(imagesFile, "utf8")) : {};
  const cluster = await startCluster({ name: "by-hand", images, onProgress: (text) => console.log(text) });
  console.log(`KUBECONFIG=${cluster.kubeconfig}`);
  process.once("SIGINT", () => void cluster.stop().then(() => process.exit(0)));
}
