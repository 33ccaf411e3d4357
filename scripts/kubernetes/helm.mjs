/** Helm for the tests of the chart, built with Go once. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cachedFolder } from "../engines/engine-cache.mjs";
import { EngineUnavailable } from "../engines/engine-files.mjs";

const HELM = "4.3.1";
const run = promisify(execFile);

/** @returns {Promise<string>} the path of `helm` */
export async function ensureHelm(onProgress = () => {}) {
  const folder = await cachedFolder(`helm-${HELM}`, async (part) => {
    onProgress(`building Helm ${HELM} with Go (once, some minutes)`);
    const go = ["/usr/local/go/bin/go", "/usr/lib/go/bin/go"].find((path) => existsSync(path)) ?? "go";
    try {
      await run(go, ["install", "-trimpath", "-ldflags", "-s -w", `helm.sh/helm/v4/cmd/helm@v${HELM}`], {
        cwd: part,
        env: { ...process.env, GOBIN: part, CGO_ENABLED: "0" },
        maxBuffer: 64_000_000,
      });
    } catch (error) {
      const reason = error.code === "ENOENT" ? "Go is not installed" : (error.stderr ?? error.message).trim().split("\n").at(-1);
      throw new EngineUnavailable(`Helm ${HELM} cannot be had: ${reason}. Install Go 1.26 or later.`);
    }
  });
  return join(folder, "helm");
}
