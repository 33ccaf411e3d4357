/**
 * Builds the image of the agent without a registry and without a daemon: Debian packages by mmdebstrap, layers by buildah. Exports it as
 * an OCI folder, and unpacks it with umoci for the kubelet of the tests.
 *
 *     node scripts/kubernetes/image.mjs [--out DIR] [--base REF]
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { cachedFolder, ROOT } from "../engines/engine-cache.mjs";
import { EngineUnavailable } from "../engines/engine-files.mjs";

const run = promisify(execFile);
const SUITE = "bookworm";
const PACKAGES = ["base-files", "base-passwd", "libc6", "libgcc-s1", "libstdc++6", "ca-certificates", "netbase", "tzdata", "tini"];
/** A change of the packages above needs another number here, because the made base is kept. */
const BASE_EDITION = 1;
const TOOLS = ["mmdebstrap", "buildah", "umoci"];

/**
 * @param {{ out: string, base?: string, onProgress?: (line: string) => void }} options `base`: the image to build on; made from Debian packages without one
 * @returns {Promise<{ oci: string, root: string }>} the OCI folder with its tag, and the unpacked root file system
 */
export async function buildAgentImage({ out, base, onProgress = () => {} }) {
  await requireTools();
  const context = mkdtempSync(join(tmpdir(), "headgate-image-"));
  const storage = join(context, "storage");
  const buildah = (...args) =>
    tool("buildah", ["--root", storage, "--runroot", join(context, "run"), "--storage-driver", "vfs", ...args], {
      BUILDAH_ISOLATION: "chroot",
    });
  try {
    const ground = base ?? (await buildBase(buildah, context, onProgress));
    onProgress("building the image of the agent");
    await fillContext(join(context, "agent"));
    const file = join(ROOT, "images", "agent", "Dockerfile");
    await buildah("bud", "--build-arg", `BASE=${ground}`, "--file", file, "--tag", "localhost/headgate/agent:dev", join(context, "agent"));
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    const oci = `${join(out, "oci")}:dev`;
    await buildah("push", "--quiet", "localhost/headgate/agent:dev", `oci:${oci}`);
    await tool("umoci", ["unpack", "--image", oci, join(out, "bundle")]);
    return { oci, root: join(out, "bundle", "rootfs") };
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

async function buildBase(buildah, context, onProgress) {
  const folder = await cachedFolder(`image-base-${SUITE}-${BASE_EDITION}`, async (part) => {
    onProgress("fetching Debian packages for the image (once, a minute)");
    const include = `--include=${PACKAGES.join(",")}`;
    await tool("mmdebstrap", ["--quiet", "--variant=extract", include, SUITE, join(part, "base.tar")]);
  });
  const base = join(context, "base");
  mkdirSync(base);
  copyFileSync(join(folder, "base.tar"), join(base, "base.tar"));
  await buildah("bud", "--file", join(ROOT, "images", "base", "Dockerfile"), "--tag", "localhost/headgate/base:dev", base);
  return "localhost/headgate/base:dev";
}

/** The files that the Dockerfile copies. The agent is built anew, so that the image never holds an old one. */
async function fillContext(folder) {
  mkdirSync(join(folder, "data"), { recursive: true });
  copyFileSync(join(ROOT, "node_modules", "node", "bin", "node"), join(folder, "node"));
  await tool(process.execPath, [join(ROOT, "apps", "agent", "build.mjs"), join(folder, "agent")]);
}

async function missingTools() {
  const missing = [];
  for (const name of TOOLS) await run(name, ["--version"]).catch(() => missing.push(name));
  return missing;
}

async function requireTools() {
  let missing = await missingTools();
  // A fresh machine of continuous integration has none of them.
  if (missing.length > 0 && process.env.CI && process.getuid?.() === 0) {
    await run("apt-get", ["update"]).catch(() => {});
    await run("apt-get", ["install", "-y", "--no-install-recommends", ...missing], { maxBuffer: 64_000_000 }).catch(() => {});
    missing = await missingTools();
  }
  if (missing.length > 0)
    throw new EngineUnavailable(
      `The image of the agent cannot be built: ${missing.join(", ")} is missing. Install it: apt-get install -y ${missing.join(" ")}`,
    );
  if (process.getuid?.() !== 0)
    throw new EngineUnavailable("The image of the agent can only be built by root, who may own files of other users.");
}

async function tool(name, args, env = {}) {
  try {
    return await run(name, args, { env: { ...process.env, ...env }, maxBuffer: 64_000_000 });
  } catch (error) {
    const said = `${error.stderr ?? ""}`.trim().split("\n").slice(-5).join("\n");
    throw new Error(`${name} failed while the image of the agent was built: ${said === "" ? error.message : said}`, { cause: error });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { out: { type: "string", default: join(ROOT, ".headgate-engines", "image") }, base: { type: "string" } };
  const { values } = parseArgs({ options });
  try {
    const { oci, root } = await buildAgentImage({ ...values, onProgress: (line) => console.log(line) });
    console.log(`OCI folder  ${oci}\nunpacked    ${root}`);
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
