/** Garage: the S3 server of the lakehouse, built with cargo from the Rust registry. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cachedFolder } from "./engine-cache.mjs";
import { EngineBroken, EngineUnavailable, sha256Of } from "./engine-files.mjs";

const VERSION = "2.5.0";
/** Checksum of the crate; those of the crates that it needs are in its lock file. */
const SHA256 = "e1752af176a3cd84e9afd6edf30df594db92b7730cc67bddcd74769841b3f3f5";
const VIRTUAL_DOMAIN = "s3.localhost";
const REGION = "garage";
// Garage refuses keys of another shape.
const keys = { accessKeyId: `GK${"ab12".repeat(6)}`, secretAccessKey: "cd34".repeat(16) };
const RPC_SECRET = "ef56".repeat(16);
const run = promisify(execFile);

async function install(onProgress) {
  const folder = await cachedFolder(`garage-${VERSION}`, async (part) => {
    onProgress(`building Garage ${VERSION} with cargo (once, ten minutes or more)`);
    const target = join(part, "target");
    // Built for tests: a quick build matters more than a quick program.
    const profile = { CARGO_PROFILE_RELEASE_OPT_LEVEL: "1", CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_DEBUG: "0" };
    const env = { ...process.env, ...profile, CARGO_TARGET_DIR: target };
    const features = ["--no-default-features", "--features", "bundled-libs,sqlite,metrics"];
    try {
      await run("cargo", ["install", "garage", "--version", VERSION, "--locked", ...features, "--root", part], {
        env,
        maxBuffer: 64_000_000,
      });
    } catch (error) {
      const reason = error.code === "ENOENT" ? "Rust (cargo) is not installed" : (error.stderr ?? error.message).trim().split("\n").at(-1);
      throw new EngineUnavailable(`Garage ${VERSION} cannot be had: ${reason}`);
    }
    await checkCrate(env);
    rmSync(target, { recursive: true, force: true });
  });
  return join(folder, "bin", "garage");
}

async function checkCrate(env) {
  const cache = join(env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry", "cache");
  const crates = readdirSync(cache).map((registry) => join(cache, registry, `garage-${VERSION}.crate`));
  const found = await Promise.all(crates.filter((crate) => existsSync(crate)).map(sha256Of));
  if (!found.includes(SHA256))
    throw new EngineBroken(
      `Garage ${VERSION} cannot be used: the SHA-256 of its crate is ${found.join(", ") || "unknown"}, expected ${SHA256}.`,
    );
}

function prepare({ folder, bucket, port, sidePort }) {
  const config = join(folder, "garage.toml");
  const lines = [
    `metadata_dir = "${join(folder, "meta")}"`,
    `data_dir = "${join(folder, "data")}"`,
    'db_engine = "sqlite"',
    "replication_factor = 1",
    `rpc_bind_addr = "127.0.0.1:${sidePort}"`,
    `rpc_secret = "${RPC_SECRET}"`,
    "[s3_api]",
    `api_bind_addr = "127.0.0.1:${port}"`,
    `s3_region = "${REGION}"`,
    `root_domain = ".${VIRTUAL_DOMAIN}"`,
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  return {
    args: ["-c", config, "server", "--single-node", "--default-bucket"],
    env: {
      GARAGE_DEFAULT_ACCESS_KEY: keys.accessKeyId,
      GARAGE_DEFAULT_SECRET_KEY: keys.secretAccessKey,
      GARAGE_DEFAULT_BUCKET: bucket,
      RUST_LOG: "garage=warn",
    },
  };
}

export const garage = { install, prepare, virtualDomain: VIRTUAL_DOMAIN, region: REGION, keys };
