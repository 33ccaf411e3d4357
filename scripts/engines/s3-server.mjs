/**
 * A real S3 server for tests, on loopback only: versitygw (built in two minutes) or Garage (the lakehouse's store; many minutes).
 *
 *     node scripts/engines/s3-server.mjs [--engine versitygw|garage] [--port 3900] [--data DIR]      runs until Ctrl-C
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { enginesFolder } from "./engine-cache.mjs";
import { freePort, startProcess } from "./engine-process.mjs";
import { garage } from "./garage.mjs";
import { versitygw } from "./versitygw.mjs";

const ENGINES = { versitygw, garage };

/**
 * @param {{ dataDir: string, port?: number, engine?: "versitygw" | "garage", bucket?: string, onProgress?: (line: string) => void }} options
 *   `port`: default a free one
 * @returns {Promise<{
 *   engine: string, endpoint: string, region: string, bucket: string, accessKeyId: string, secretAccessKey: string,
 *   reader: { accessKeyId: string, secretAccessKey: string } | null, virtualDomain: string, pid: number, stop: () => Promise<void>,
 * }>} `reader`: keys that are valid but have no right on the bucket. `virtualDomain`: `<bucket>.<virtualDomain>` is a host name of the bucket
 * @throws EngineUnavailable when it cannot be had or does not start
 */
export async function startS3Server({ dataDir, port = 0, engine = "versitygw", bucket = "lakehouse", onProgress = () => {} }) {
  const { install, prepare, virtualDomain, region, keys } = ENGINES[engine];
  const command = await install(onProgress);
  const folder = resolve(dataDir);
  mkdirSync(folder, { recursive: true });
  const chosen = port === 0 ? await freePort() : port;
  const endpoint = `http://127.0.0.1:${chosen}`;
  const { args, env, afterStart } = prepare({ folder, bucket, endpoint, command, port: chosen, sidePort: await freePort() });
  const server = await startProcess({
    name: `S3 server (${engine})`,
    command,
    args,
    dataDir: folder,
    env: { ...process.env, ...env },
    // Any answer will do: without a signature it is a refusal.
    isReady: async () => (await fetch(endpoint)).status > 0,
    timeoutMs: 60_000,
  });
  try {
    const reader = (await afterStart?.()) ?? null;
    return { engine, endpoint, region, bucket, ...keys, reader, virtualDomain, pid: server.pid, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function main() {
  const { values } = parseArgs({
    options: { engine: { type: "string", default: "versitygw" }, port: { type: "string", default: "3900" }, data: { type: "string" } },
  });
  const say = (line) => process.stdout.write(`${line}\n`);
  if (!(values.engine in ENGINES)) throw new Error(`There is no S3 server "${values.engine}": versitygw, garage.`);
  const dataDir = values.data ?? join(enginesFolder(), `${values.engine}-data`);
  const server = await startS3Server({ dataDir, port: Number(values.port), engine: values.engine, onProgress: say });
  say(`${server.engine} at ${server.endpoint}, region ${server.region}, bucket ${server.bucket}`);
  say(`access key id ${server.accessKeyId}, secret access key ${server.secretAccessKey}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.stop());
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
