/** Finds a Chromium for the dashboard's tests; on Debian-like systems, as root, it is installed. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandFailed, runCommand } from "./run-command.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

export async function findChromium({ onProgress }) {
  const given = process.env.HEADGATE_CHROMIUM;
  if (given) {
    if (isExecutable(given)) return given;
    throw new CommandFailed(`HEADGATE_CHROMIUM names ${given}, which is no program.`);
  }
  const found = look();
  if (found !== null) return found;
  const aptGet = onPath("apt-get");
  if (aptGet === null || process.getuid?.() !== 0) {
    throw new CommandFailed(
      "The dashboard's tests need Chromium. Install it (Debian, Ubuntu: `sudo apt-get install chromium`), or name one with HEADGATE_CHROMIUM.",
    );
  }
  onProgress("installing Chromium with apt-get");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await runCommand(aptGet, ["update"], { cwd: "/", env, what: "apt-get update" });
  await runCommand(aptGet, ["install", "-y", "--no-install-recommends", "chromium"], { cwd: "/", env, what: "Installing Chromium" });
  const installed = look();
  if (installed === null)
    throw new CommandFailed("apt-get installed Chromium, but no chromium program is on the PATH. Name one with HEADGATE_CHROMIUM.");
  return installed;
}

function look() {
  for (const name of NAMES) {
    const path = onPath(name);
    if (path !== null) return path;
  }
  return PLACES.find(isExecutable) ?? null;
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (folder !== "" && isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
