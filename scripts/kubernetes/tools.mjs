/** Builds Kubernetes for tests with Go, once: the whole control plane in one program. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cachedFolder } from "../engines/engine-cache.mjs";
import { EngineUnavailable } from "../engines/engine-files.mjs";

const KUBERNETES = "1.36.3";
const HERE = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** -> the path of `localk8s`: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl in one program. */
export async function ensureKubernetes(onProgress) {
  const folder = await cachedFolder(`kubernetes-${KUBERNETES}`, async (part) => {
    onProgress(`building Kubernetes ${KUBERNETES} with Go (once, five minutes or more)`);
    const source = join(part, "source");
    cpSync(join(HERE, "localk8s"), source, { recursive: true });
    const [major, minor] = KUBERNETES.split(".");
    const version = { gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor };
    const flags = Object.entries(version).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
    await go(["build", "-trimpath", "-ldflags", ["-s", "-w", ...flags].join(" "), "-o", join(part, "localk8s"), "."], {
      cwd: source,
      name: `Kubernetes ${KUBERNETES}`,
    });
    rmSync(source, { recursive: true });
  });
  return join(folder, "localk8s");
}

async function go(args, { cwd, name }) {
  const known = ["/usr/local/go/bin/go", "/usr/lib/go/bin/go"].find((path) => existsSync(path));
  try {
    await run(known ?? "go", args, { cwd, env: { ...process.env, CGO_ENABLED: "0" }, maxBuffer: 64_000_000 });
  } catch (error) {
    const reason = error.code === "ENOENT" ? "Go is not installed" : (error.stderr ?? error.message).trim().split("\n").at(-1);
    throw new EngineUnavailable(`${name} cannot be had: ${reason}. Install Go 1.26 or later, as https://go.dev/dl says.`);
  }
}
