/**
 * A real Trino for tests and for trying things out: pinned, on loopback only, small enough to fit beside everything else.
 *
 *     node scripts/engines/trino-server.mjs [--port 18080] [--data DIR]      runs until Ctrl-C
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cachedFolder, enginesFolder } from "./engine-cache.mjs";
import { EngineUnavailable, ensureJava, mavenArtifact, unpack } from "./engine-files.mjs";
import { freePort, startProcess } from "./engine-process.mjs";

/** The newest release whose server archive is on Maven Central. */
export const TRINO_VERSION = "476";
const SERVER = {
  coordinates: `io.trino:trino-server-core:${TRINO_VERSION}:tar.gz`,
  sha256: "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
};
const PLUGINS = [
  { name: "iceberg", sha256: "99edba5b491ed94d599aeb61e0794272d3569d8b563f3bb8569e8a49daa87b6c" },
  { name: "memory", sha256: "bade81c52e2f7177a7b867aee1b10fae48fefda9c38f3ec6aeb006fdde5f0378" },
  { name: "tpch", sha256: "d83467efe864b1e77013208c293835e197bc3135318c2895521c1efbb7f232bd" },
];
/** The whole server: the only archive that has the plugin that checks passwords. */
const WHOLE = {
  coordinates: `io.trino:trino-server:${TRINO_VERSION}:tar.gz`,
  sha256: "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f",
};

/**
 * Catalog properties: Iceberg tables as local files below `folder`. Complete, and the simplest: materialized views too.
 *
 * @param {string} folder
 */
export function icebergOnFiles(folder) {
  return {
    "connector.name": "iceberg",
    "iceberg.catalog.type": "TESTING_FILE_METASTORE",
    "hive.metastore.catalog.dir": "local:///metastore",
    "fs.native-local.enabled": "true",
    "local.location": folder,
  };
}

/**
 * Catalog properties: Iceberg tables in an S3 store, known to a REST catalog such as Nessie.
 *
 * @param {{ uri: string, warehouse: string, s3: { endpoint: string, region: string, accessKeyId: string, secretAccessKey: string } }} options
 */
export function icebergOnRest({ uri, warehouse, s3 }) {
  return {
    "connector.name": "iceberg",
    "iceberg.catalog.type": "rest",
    "iceberg.rest-catalog.uri": uri,
    "iceberg.rest-catalog.warehouse": warehouse,
    "fs.native-s3.enabled": "true",
    "s3.endpoint": s3.endpoint,
    "s3.region": s3.region,
    "s3.path-style-access": "true",
    "s3.aws-access-key": s3.accessKeyId,
    "s3.aws-secret-key": s3.secretAccessKey,
  };
}

/**
 * Starts Trino and waits until it answers. A server that a killed start left in `dataDir` is ended first.
 *
 * @param {object} options
 * @param {string} options.dataDir kept between starts: the tables of the catalog `lakehouse` are below it
 * @param {number} [options.port] default: a free one
 * @param {Record<string, Record<string, string>>} [options.catalogs] properties by catalog name, besides `memory`, `tpch` and, unless it
 *   is given, `lakehouse`: Iceberg on local files
 * @param {Record<string, string>} [options.config] further properties of the server
 * @param {boolean} [options.withPasswords] with the plugin for password files, for which another 820 MB are fetched once
 * @param {number} [options.heapMb]
 * @param {boolean} [options.detached] Ctrl-C does not reach it: the process that started it ends it
 * @param {(line: string) => void} [options.onProgress]
 * @returns {Promise<{ url: string, port: number, pid: number, dataDir: string, stop: (signal?: NodeJS.Signals) => Promise<void> }>}
 */
export async function startTrino({
  dataDir,
  port,
  catalogs = {},
  config = {},
  withPasswords = false,
  heapMb = 1024,
  detached = false,
  onProgress = () => {},
}) {
  const folder = resolve(dataDir);
  const server = await ensureTrino(onProgress);
  const passwords = withPasswords ? await ensurePasswordPlugin(onProgress) : null;
  const java = await ensureJava(onProgress);
  const chosen = port ?? (await freePort());
  const url = `http://127.0.0.1:${chosen}`;
  const etc = join(folder, "etc");
  mkdirSync(join(folder, "lake"), { recursive: true });
  rmSync(etc, { recursive: true, force: true });
  mkdirSync(join(etc, "catalog"), { recursive: true });
  const plugins = pluginFolder(join(etc, "plugin"), [
    ...PLUGINS.map(({ name }) => join(server, "plugin", name)),
    ...(passwords === null ? [] : [passwords]),
  ]);
  const all = {
    memory: { "connector.name": "memory" },
    tpch: { "connector.name": "tpch" },
    lakehouse: icebergOnFiles(join(folder, "lake")),
    ...catalogs,
  };
  for (const [name, properties] of Object.entries(all))
    writeFileSync(join(etc, "catalog", `${name}.properties`), propertiesText(properties), { mode: 0o600 });
  writeFileSync(
    join(etc, "config.properties"),
    propertiesText({
      coordinator: "true",
      "node-scheduler.include-coordinator": "true",
      "node.environment": "test",
      "node.id": "local",
      "node.internal-address": "127.0.0.1",
      // By default Trino listens on every address.
      "node.bind-ip": "127.0.0.1",
      "http-server.http.port": String(chosen),
      "discovery.uri": url,
      "plugin.dir": plugins,
      "catalog.config-dir": join(etc, "catalog"),
      "query.max-memory-per-node": "256MB",
      "memory.heap-headroom-per-node": "256MB",
      ...config,
    }),
    { mode: 0o600 },
  );
  onProgress(`starting Trino ${TRINO_VERSION} on ${url}`);
  const started = performance.now();
  const { pid, stop } = await startProcess({
    name: `Trino ${TRINO_VERSION}`,
    command: join(java, "bin", "java"),
    args: [
      ...jvmOptions(heapMb),
      `-Dnode.data-dir=${folder}`,
      `-Dconfig=${join(etc, "config.properties")}`,
      "-cp",
      join(server, "lib", "*"),
      "io.trino.server.TrinoServer",
    ],
    dataDir: folder,
    isReady: () => runsQueries(url),
    // Ten seconds on an idle machine, ninety on a busy one.
    timeoutMs: 300_000,
    detached,
  });
  onProgress(`Trino ${TRINO_VERSION} is up after ${((performance.now() - started) / 1000).toFixed(1)} s (pid ${pid})`);
  return { url, port: chosen, pid, dataDir: folder, stop };
}

/** The compiler's first level only: half the processor time of the second for short test queries. */
function jvmOptions(heapMb) {
  return [
    `-Xmx${heapMb}M`,
    "-XX:G1HeapRegionSize=8M",
    "-XX:ReservedCodeCacheSize=256M",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+EnableDynamicAgentLoading",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
  ];
}

/** The server's folder, fetched at the first use (570 MB) and unpacked with the plugins that tests need. */
export async function ensureTrino(onProgress) {
  return cachedFolder(`trino-${TRINO_VERSION}`, async (folder) => {
    const archives = join(folder, "archives");
    onProgress(`fetching Trino ${TRINO_VERSION} (570 MB in four files)`);
    const archive = await mavenArtifact(SERVER, archives);
    await unpack(archive, folder);
    rmSync(archive);
    const unpacked = join(folder, `trino-server-core-${TRINO_VERSION}`);
    renameSync(join(unpacked, "lib"), join(folder, "lib"));
    rmSync(unpacked, { recursive: true });
    mkdirSync(join(folder, "plugin"));
    for (const { name, sha256 } of PLUGINS) {
      onProgress(`fetching Trino's plugin ${name}`);
      const zip = await mavenArtifact({ coordinates: `io.trino:trino-${name}:${TRINO_VERSION}:zip`, sha256 }, archives);
      await unpack(zip, archives);
      rmSync(zip);
      renameSync(join(archives, `trino-${name}-${TRINO_VERSION}`), join(folder, "plugin", name));
    }
    rmSync(archives, { recursive: true });
  });
}

/** The folder of the plugin that checks passwords: in no archive but the whole server's. */
export async function ensurePasswordPlugin(onProgress) {
  return cachedFolder(`trino-${TRINO_VERSION}-password-authenticators`, async (folder) => {
    onProgress(`fetching Trino ${TRINO_VERSION} with all plugins (820 MB)`);
    const archives = join(folder, "archives");
    const archive = await mavenArtifact(WHOLE, archives);
    await unpack(archive, archives);
    const plugin = join(archives, `trino-server-${TRINO_VERSION}`, "plugin", "password-authenticators");
    for (const name of readdirSync(plugin)) renameSync(join(plugin, name), join(folder, name));
    rmSync(archives, { recursive: true });
  });
}

/** Trino takes one folder for all plugins. Its links are made at each start, because the cache that they lead to may have been moved. */
function pluginFolder(folder, plugins) {
  mkdirSync(folder);
  for (const plugin of plugins) symlinkSync(plugin, join(folder, basename(plugin)));
  return folder;
}

function propertiesText(properties) {
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll("\\", "\\\\")}`)
    .join("\n")}\n`;
}

/**
 * `/v1/info` says that the start is over a moment too early: queries still find no node to run on. So one has to succeed. Over plain http
 * Trino takes the user's word for who they are, also where it is set up to check it over https.
 */
async function runsQueries(url) {
  const headers = { "X-Trino-User": "start" };
  const info = await fetch(`${url}/v1/info`, { signal: AbortSignal.timeout(2000) });
  if ((await info.json()).starting !== false) return false;
  const sql = "select count(*) from tpch.tiny.region";
  let answer = await (await fetch(`${url}/v1/statement`, { method: "POST", headers, body: sql })).json();
  while (answer.nextUri !== undefined) answer = await (await fetch(answer.nextUri, { headers })).json();
  return answer.error === undefined;
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: "string", default: "18080" }, data: { type: "string" } } });
  const dataDir = values.data ?? join(enginesFolder(), "data", "trino");
  const trino = await startTrino({ dataDir, port: Number(values.port), onProgress: (line) => console.log(line) });
  console.log(`tables of the catalog lakehouse: ${join(dataDir, "lake")}; Ctrl-C ends it`);
  await new Promise((ask) => {
    process.once("SIGINT", ask);
    process.once("SIGTERM", ask);
  });
  await trino.stop();
}

if (process.argv[1] && statSync(process.argv[1]).isFile() && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
