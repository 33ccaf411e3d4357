/** The image of the agent, run from its unpacked files as a cluster runs it: not as root, and with nothing to write but two folders. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { buildAgentImage } from "../../scripts/kubernetes/image.mjs";

interface RuntimeConfig {
  readonly process: {
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly user: { readonly uid: number; readonly gid: number };
  };
}

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const repository = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly version: string;
  readonly devDependencies: { readonly node: string };
};

let root = "";
let config: RuntimeConfig;
beforeAll(async () => {
  const out = mkdtempSync(join(tmpdir(), "headgate-image-test-"));
  ({ root } = await buildAgentImage({ out }));
  config = JSON.parse(readFileSync(join(dirname(root), "config.json"), "utf8")) as RuntimeConfig;
  return () => rmSync(out, { recursive: true, force: true });
});

/** A command of our own, in a mount namespace where the files of the image are read-only. */
function inImage(uid: number, args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  const script = [
    'mount --bind "$0" "$0"',
    'mount -o remount,bind,ro "$0"',
    'mount -t tmpfs -o mode=1777 tmpfs "$0/tmp"',
    'mount -t tmpfs -o mode=0777 tmpfs "$0/var/lib/headgate-agent"',
    `exec chroot --userspec=${uid}:${uid} "$0" "$@"`,
  ];
  return { command: "unshare", args: ["--mount", "sh", "-ec", script.join("\n"), root, ...args] };
}

function imageEnv(): Record<string, string> {
  return Object.fromEntries(config.process.env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("image of the agent", () => {
  it("the image names a user that is not root", () => {
    expect(config.process.user).toMatchObject({ uid: 65_532, gid: 65_532 });
  });

  it.each([65_532, 1_000_810_000])("user %d can start it on a read-only root", async (uid) => {
    const version = inImage(uid, [...config.process.args, "--version"]);
    expect((await run(version.command, version.args, { env: imageEnv() })).stdout.trim()).toBe(repository.version);
    const help = inImage(uid, [...config.process.args, "--help"]);
    expect((await run(help.command, help.args, { env: imageEnv() })).stdout).toContain("Usage: headgate-agent");
  });

  it("Node has the version that the repository pins", async () => {
    const { command, args } = inImage(65_532, ["/usr/local/bin/node", "--version"]);
    expect((await run(command, args)).stdout.trim()).toBe(`v${repository.devDependencies.node}`);
  });

  it("the image has no shell, compiler or package manager", async () => {
    for (const program of ["/bin/sh", "/usr/bin/gcc", "/usr/bin/apt-get", "/usr/bin/dpkg"]) {
      const { command, args } = inImage(65_532, [program]);
      await expect(run(command, args)).rejects.toThrow(/No such file or directory/);
    }
  });

  it("the agent lives without a control plane and ends cleanly at SIGTERM", async () => {
    const port = await freePort();
    const { command, args } = inImage(65_532, config.process.args);
    const env = { ...imageEnv(), HEADGATE_URL: "http://127.0.0.1:9", HEADGATE_AGENT_TOKEN: "none", HEADGATE_HEALTH_PORT: String(port) };
    const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
    const status = async (path: string): Promise<number> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      return response?.status ?? 0;
    };
    await expect.poll(() => status("/livez"), { timeout: 30_000 }).toBe(200);
    expect(await status("/readyz")).toBe(503);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});
