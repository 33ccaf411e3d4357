/** versitygw: an S3 server over a folder, built with Go through its module proxy. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cachedFolder } from "./engine-cache.mjs";
import { EngineBroken, EngineUnavailable } from "./engine-files.mjs";

const VERSION = "1.8.0";
const MODULE = "github.com/versity/versitygw";
/** As Go itself sums a module up; those of what it needs are in it. */
const SUM = "h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=";
const VIRTUAL_DOMAIN = "s3.localhost";
const REGION = "us-east-1";
const keys = { accessKeyId: "headgate-test", secretAccessKey: "headgate-test-secret" };
const reader = { accessKeyId: "headgate-reader", secretAccessKey: "headgate-reader-secret" };
const run = promisify(execFile);

async function install(onProgress) {
  const folder = await cachedFolder(`versitygw-${VERSION}`, async (part) => {
    onProgress(`building versitygw ${VERSION} with Go (once, about two minutes)`);
    const env = { ...process.env, GOBIN: part, CGO_ENABLED: "0" };
    try {
      const { stdout } = await run("go", ["mod", "download", "-json", `${MODULE}@v${VERSION}`], { cwd: part, env });
      const { Sum: sum } = JSON.parse(stdout);
      if (sum !== SUM) throw new EngineBroken(`versitygw ${VERSION} cannot be used: its sum is ${sum}, expected ${SUM}.`);
      const args = ["install", "-ldflags=-s", `${MODULE}/cmd/versitygw@v${VERSION}`];
      await run("go", args, { cwd: part, env, maxBuffer: 16_000_000 });
    } catch (error) {
      if (error instanceof EngineBroken) throw error;
      const reason = error.code === "ENOENT" ? "Go (go) is not installed" : (error.stderr ?? error.message).trim().split("\n").at(-1);
      throw new EngineUnavailable(`versitygw ${VERSION} cannot be had: ${reason}`);
    }
  });
  return join(folder, "versitygw");
}

function prepare({ folder, bucket, endpoint, command, port }) {
  const [data, sidecar, iam] = ["data", "sidecar", "iam"].map((name) => join(folder, name));
  for (const each of [join(data, bucket), sidecar, iam]) mkdirSync(each, { recursive: true });
  const gateway = ["--port", `127.0.0.1:${port}`, "--region", REGION, "--virtual-domain", VIRTUAL_DOMAIN, "--iam-dir", iam, "--quiet"];
  return {
    // Metadata in files of their own, because not every file system has extended attributes.
    args: [...gateway, "posix", "--sidecar", sidecar, data],
    env: { ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey },
    afterStart: async () => {
      const admin = ["admin", "--access", keys.accessKeyId, "--secret", keys.secretAccessKey, "--endpoint-url", endpoint];
      const user = ["create-user", "--access", reader.accessKeyId, "--secret", reader.secretAccessKey, "--role", "user"];
      // The folder of an earlier start has the user already.
      await run(command, [...admin, ...user]).catch((error) => {
        if (!/exist/i.test(`${error.stderr}${error.stdout}`)) throw error;
      });
      return reader;
    },
  };
}

export const versitygw = { install, prepare, virtualDomain: VIRTUAL_DOMAIN, region: REGION, keys };
