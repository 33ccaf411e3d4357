/**
 * A real Iceberg REST catalog, Nessie, for tests of the full lakehouse: Trino -> Iceberg -> S3. It keeps its state in memory, so the
 * tables of a store are known to it only while it runs.
 */
import { join, resolve } from "node:path";
import { cachedFolder } from "./engine-cache.mjs";
import { ensureJava, mavenArtifact } from "./engine-files.mjs";
import { freePort, startProcess } from "./engine-process.mjs";

const VERSION = "0.99.0";
const NESSIE = {
  coordinates: `org.projectnessie.nessie:nessie-quarkus:${VERSION}:jar:runner`,
  sha256: "ce9fa33e2878bf5ea3981876b9e6204cabc0362b3dd82326b10e47271a78c417",
};
const WAREHOUSE = "warehouse";

/**
 * Starts Nessie on loopback, with one warehouse in a bucket.
 *
 * @param {object} options
 * @param {string} options.dataDir
 * @param {{ endpoint: string, region: string, bucket: string, accessKeyId: string, secretAccessKey: string }} options.s3
 * @param {number} [options.port] default: a free one
 * @param {(line: string) => void} [options.onProgress]
 * @returns {Promise<{ uri: string, warehouse: string, pid: number, stop: (signal?: NodeJS.Signals) => Promise<void> }>} `uri` and
 *   `warehouse` as `icebergOnRest` takes them
 */
export async function startNessie({ dataDir, s3, port, onProgress = () => {} }) {
  const folder = resolve(dataDir);
  const jars = await ensureNessie(onProgress);
  const java = await ensureJava(onProgress);
  const chosen = port ?? (await freePort());
  const url = `http://127.0.0.1:${chosen}`;
  const store = "nessie.catalog.service.s3.default-options";
  const settings = {
    "quarkus.http.host": "127.0.0.1",
    "quarkus.http.port": String(chosen),
    "quarkus.management.host": "127.0.0.1",
    "quarkus.management.port": String(await freePort()),
    "nessie.version.store.type": "IN_MEMORY",
    "nessie.catalog.default-warehouse": WAREHOUSE,
    [`nessie.catalog.warehouses.${WAREHOUSE}.location`]: `s3://${s3.bucket}/${WAREHOUSE}`,
    [`${store}.endpoint`]: s3.endpoint,
    [`${store}.region`]: s3.region,
    [`${store}.path-style-access`]: "true",
    [`${store}.auth-type`]: "STATIC",
    [`${store}.access-key`]: "urn:nessie-secret:quarkus:headgate.s3",
    "headgate.s3.name": s3.accessKeyId,
    "headgate.s3.secret": s3.secretAccessKey,
  };
  onProgress(`starting Nessie ${VERSION} on ${url}`);
  const flags = Object.entries({ "java.io.tmpdir": folder, ...settings }).map(([name, value]) => `-D${name}=${value}`);
  const { pid, stop } = await startProcess({
    name: `Nessie ${VERSION}`,
    command: join(java, "bin", "java"),
    args: ["-Xmx300M", "-XX:TieredStopAtLevel=1", ...flags, "-jar", join(jars, `nessie-quarkus-${VERSION}-runner.jar`)],
    dataDir: folder,
    isReady: async () => (await fetch(`${url}/iceberg/v1/config`, { signal: AbortSignal.timeout(2000) })).ok,
  });
  return { uri: `${url}/iceberg/main`, warehouse: WAREHOUSE, pid, stop };
}

/** The folder of the program, fetched at the first use. */
export async function ensureNessie(onProgress) {
  return await cachedFolder(`nessie-${VERSION}`, async (part) => {
    onProgress(`fetching Nessie ${VERSION} (245 MB)`);
    await mavenArtifact(NESSIE, part);
  });
}
