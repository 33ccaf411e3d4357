/**
 * Brings a checkout from nothing to runnable: packages, Node 24, Python environment, builds. Each part is skipped when it is fresh.
 * Used by start.mjs and test.mjs; runs on Node >= 20 with nothing installed.
 */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { dependenciesHash, installedMatchesLock, readStamp, sourcesHash, writeStamp } from "./freshness.mjs";
import { CommandFailed, exitOf, runCommand, stopRunningCommands } from "./run-command.mjs";

/** -> { node, env }: the Node 24 to run with, and the environment (PATH) for everything that is started. */
export async function setUp({ root, onProgress }) {
  requireWritable(root);
  const { ensurePython, pythonBin } = await import("./python-env.mjs");
  // Beside the rest: half of it is waiting for a registry.
  const python = ensurePython({ root, onProgress });
  // An error that comes earlier than its turn below is told there.
  python.catch(() => undefined);
  await installPackages(root, onProgress);
  const node = await requireNode24(root, onProgress);
  const env = {
    ...process.env,
    PATH: [pythonBin(root), join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter),
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    WRANGLER_SEND_METRICS: "false",
  };
  try {
    await Promise.all([python, buildAll(root, env, onProgress)]);
  } catch (error) {
    stopRunningCommands("SIGTERM");
    throw error;
  }
  return { node, env };
}

function requireWritable(root) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw new CommandFailed(
      `No permission to write to ${root}: packages, builds and state are kept there. Make the folder writable for you.`,
    );
  }
}

async function installPackages(root, onProgress) {
  const stamp = join(root, "node_modules", ".headgate-installed");
  const wanted = dependenciesHash(root);
  if (readStamp(stamp) === wanted) return;
  if (!installedMatchesLock(root)) {
    onProgress("installing npm packages (npm ci); the first time takes a minute or two");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    await runCommand(npm, ["ci", "--no-audit", "--no-fund"], { cwd: root, what: "Installing the npm packages" });
  }
  writeStamp(stamp, wanted);
}

/** The package `node` brings Node 24; without install scripts it is silently missing. */
async function requireNode24(root, onProgress) {
  const node = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.exe" : "node");
  for (const repaired of [false, true]) {
    const found = existsSync(node) ? await exitOf(node, ["--version"], { cwd: root }) : null;
    if (found !== null && found.code === 0 && Number(/^v(\d+)/.exec(found.output)?.[1]) >= 24) return node;
    if (repaired) break;
    onProgress("repairing Node 24 (npm rebuild node)");
    await runCommand(process.platform === "win32" ? "npm.cmd" : "npm", ["rebuild", "node"], { cwd: root, what: "Installing Node 24" });
  }
  throw new CommandFailed(
    `Node 24 is not in ${node}. Install scripts may be switched off: run \`npm config set ignore-scripts false\` and start again.`,
  );
}

const OUTPUTS = [
  "apps/control-plane/dist/worker.js",
  "apps/web/build/index.html",
  "apps/agent/dist/agent.js",
  "packages/sdk/dist/index.js",
  "packages/cli/dist/headgate.js",
];

async function buildAll(root, env, onProgress) {
  const stamp = join(root, "node_modules", ".headgate-built");
  const wanted = sourcesHash(root);
  if (readStamp(stamp) === wanted && OUTPUTS.every((output) => existsSync(join(root, output)))) return;
  onProgress("building (npm run build)");
  await runCommand(process.platform === "win32" ? "npm.cmd" : "npm", ["run", "build"], { cwd: root, env, what: "The build" });
  const missing = OUTPUTS.filter((output) => !existsSync(join(root, output)));
  if (missing.length > 0) throw new CommandFailed(`The build ended well but did not make ${missing.join(", ")}.`);
  writeStamp(stamp, wanted);
}
