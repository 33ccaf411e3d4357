/**
 * Makes sure that dbt is there: a Python virtual environment in `<root>/.venv` with exactly what examples/lakehouse/requirements.lock
 * names. Plain JavaScript without dependencies, because it runs before anything else is installed.
 *
 *     node scripts/python-env.mjs
 */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const OLDEST = [3, 10];
const LOCK_FILE = join("examples", "lakehouse", "requirements.lock");

/** Something the person has to do; its message is the whole story. */
export class PythonEnvError extends Error {
  name = "PythonEnvError";
}

/** The folder to put on the PATH. */
export const pythonBin = (root) => join(root, ".venv", "bin");

/**
 * @param {{ root: string, onProgress?: (line: string) => void }} options
 * @returns {Promise<{ bin: string, python: string }>} the folder to put on the PATH, and the interpreter
 */
export async function ensurePython({ root, onProgress = () => {} }) {
  const venv = join(root, ".venv");
  const bin = pythonBin(root);
  const result = { bin, python: join(bin, "python") };
  const stamp = {
    file: join(venv, "headgate.stamp"),
    text: createHash("sha256")
      .update(readFileSync(join(root, LOCK_FILE)))
      .digest("hex"),
  };
  if (isReady(bin, stamp)) return result;
  const release = await takeTurn(join(root, ".venv.lock"), onProgress);
  try {
    // Another start may have done it while this one waited.
    if (isReady(bin, stamp)) return result;
    const base = await findPython();
    onProgress(`Python ${base.version} (${base.command})`);
    rmSync(venv, { recursive: true, force: true });
    await createVenv(base, venv, onProgress);
    await install({ base, python: result.python, requirements: join(root, LOCK_FILE), onProgress });
    writeFileSync(stamp.file, stamp.text);
    onProgress("Python environment ready");
    return result;
  } finally {
    release();
  }
}

function isReady(bin, stamp) {
  try {
    // A virtual environment breaks when the Python it was made from goes away: its interpreter is then a dangling link.
    return readFileSync(stamp.file, "utf8") === stamp.text && existsSync(join(bin, "python")) && existsSync(join(bin, "dbt"));
  } catch {
    return false;
  }
}

/** One start at a time: a folder with the owner's pid in it; a dead owner's folder is removed. */
async function takeTurn(folder, onProgress) {
  const owner = join(folder, "pid");
  for (let waited = 0; ; waited++) {
    try {
      mkdirSync(folder);
      writeFileSync(owner, String(process.pid));
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== "EEXIST")
        throw new PythonEnvError(`Cannot write to ${dirname(folder)} (${error.code}): give this user write permission there.`);
    }
    const pid = readPid(owner);
    // Without a pid the owner may be about to write it, so it gets a moment.
    if (pid === null ? waited % 20 === 19 : !isAlive(pid)) rmSync(folder, { recursive: true, force: true });
    else if (waited === 0) onProgress(`waiting for another start (pid ${pid ?? "?"}) to install Python packages`);
    await sleep(250);
  }
}

function readPid(file) {
  try {
    return Number(readFileSync(file, "utf8")) || null;
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** The first good Python of the usual places; newest first where there are several of them. */
async function findPython() {
  const found = [];
  for (const command of candidates()) {
    const python = await probe(command);
    if (!python) continue;
    found.push(python);
    if (python.isNewEnough && (python.hasEnsurepip || python.hasPip)) return python;
  }
  const enough = found.find((python) => python.isNewEnough);
  if (enough)
    throw new PythonEnvError(
      `Python ${enough.version} (${enough.command}) has neither pip nor the venv module: install them (on Debian and Ubuntu: apt install python3-venv) and start again.`,
    );
  if (process.env.HEADGATE_PYTHON) {
    const what = found[0] ? `Python ${found[0].version}` : "no Python interpreter";
    throw new PythonEnvError(
      `HEADGATE_PYTHON names ${process.env.HEADGATE_PYTHON}, which is ${what}; Headgate's example needs Python 3.10 or newer for dbt. Correct it, or unset it to search the usual places.`,
    );
  }
  const newest = [...new Set(found.map((python) => python.version))].slice(0, 3).join(", ");
  throw new PythonEnvError(
    `Headgate's example needs Python 3.10 or newer for dbt, but found ${newest === "" ? "none" : `only ${newest}`}: install it (python.org, apt install python3 python3-venv, or brew install python) and start again.`,
  );
}

function candidates() {
  // Who names one wants that one, not another that happens to be there.
  if (process.env.HEADGATE_PYTHON) return [process.env.HEADGATE_PYTHON];
  const names = ["python3", "python", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const files = names.flatMap((name) =>
    [...folders, "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map((folder) => join(folder, name)),
  );
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  if (existsSync(versions))
    files.push(
      ...readdirSync(versions)
        .sort()
        .reverse()
        .map((version) => join(versions, version, "bin", "python3")),
    );
  return [...new Set(files)].filter((file) => existsSync(file));
}

async function probe(command) {
  const script =
    "import sys, importlib.util as u; print(*sys.version_info[:3], int(bool(u.find_spec('ensurepip')) and bool(u.find_spec('venv'))), int(bool(u.find_spec('pip')) and bool(u.find_spec('venv'))))";
  try {
    const { stdout } = await run(command, ["-c", script], { timeout: 20_000 });
    const [major, minor, patch, hasEnsurepip, hasPip] = stdout.trim().split(" ").map(Number);
    const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    return { command, version: `${major}.${minor}.${patch}`, isNewEnough, hasEnsurepip: hasEnsurepip === 1, hasPip: hasPip === 1 };
  } catch {
    return null;
  }
}

/** Some distributions ship Python without ensurepip; the system's own pip can then install into the environment from outside. */
async function createVenv(base, venv, onProgress) {
  onProgress("creating .venv");
  await follow(base.command, ["-m", "venv", ...(base.hasEnsurepip ? [] : ["--without-pip"]), venv], () => {});
}

async function install({ base, python, requirements, onProgress }) {
  onProgress("installing dbt (about 20 seconds)");
  const pip = base.hasEnsurepip ? [python, ["-m", "pip"]] : [base.command, ["-m", "pip", "--python", python]];
  const args = [...pip[1], "install", "--disable-pip-version-check", "--no-input", "--requirement", requirements];
  await follow(pip[0], args, (line) => {
    if (line.startsWith("Installing collected")) onProgress("unpacking packages");
  });
}

/** Runs a program; its last lines are the error when it fails. */
function follow(command, args, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PYTHONUNBUFFERED: "1", PIP_PROGRESS_BAR: "off" },
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (chunk) => {
        text = (text + chunk).slice(-8000);
        for (const line of chunk.split("\n")) onLine(line.trim());
      });
    }
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve();
      const last =
        text
          .trim()
          .split("\n")
          .filter((line) => /error/i.test(line))
          .at(-1) ??
        text.trim().split("\n").at(-1) ??
        "";
      reject(
        new PythonEnvError(
          `The Python environment could not be made: "${[command, ...args.slice(0, 3)].join(" ")}" ended with ${code}. ${last.trim()}`,
        ),
      );
    });
  });
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  try {
    const { bin } = await ensurePython({ root, onProgress: (line) => console.log(line) });
    console.log(bin);
  } catch (error) {
    if (!(error instanceof PythonEnvError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
