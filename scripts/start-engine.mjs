/**
 * `npm start -- --engine trino`: which engine keeps the example's tables, and brings it up. Trino is a real server on loopback with
 * Iceberg tables in local files; state and tables are kept apart from those on DuckDB.
 */
import { join, resolve } from "node:path";

const ENGINES = ["duckdb", "trino"];
/** The same port each time: dbt reads the project again when Trino's address changes. */
const PORT = 18080;

export const ENGINE_HELP = `Options of npm start, besides those of headgate dev:
  --engine <name>       keeps the example's tables: duckdb (the default), or trino, which is fetched once (700 MB) and ends with this command;
                        with TRINO_URL set, the Trino there is used
`;

/** The flags without `--engine`, which is ours, and the data folder they name. */
export function readFlags(flags, root) {
  const rest = [];
  let engine = "duckdb";
  let data = null;
  for (let at = 0; at < flags.length; at++) {
    const [name, given] = flags[at].split(/=(.*)/s);
    if (name === "--engine") engine = given ?? flags[++at] ?? "";
    else rest.push(flags[at]);
    if (name === "--data") data = given ?? flags[at + 1] ?? null;
  }
  if (!ENGINES.includes(engine)) throw new StartProblem(`There is no engine "${engine}": --engine takes ${ENGINES.join(" or ")}.`);
  if (data !== null) return { engine, flags: rest, data: resolve(process.env.INIT_CWD ?? root, data) };
  const own = engine === "duckdb" ? join(root, ".headgate") : join(root, ".headgate", engine);
  return { engine, flags: ["--data", own, ...rest], data: own };
}

/** A wrong flag; the message is the whole story. */
export class StartProblem extends Error {}

/** -> { env, stop }: what the example is to be told, and how the engine ends. */
export async function startEngine({ engine, data, onProgress }) {
  if (engine === "duckdb") return { env: {}, stop: async () => {} };
  const given = process.env.TRINO_URL;
  if (given) {
    onProgress(`using Trino at ${given}`);
    return { env: { LAKEHOUSE_ENGINE: engine, TRINO_URL: given }, stop: async () => {} };
  }
  const { startTrino } = await import("./engines/trino-server.mjs");
  const { freePort, isFree } = await import("./engines/engine-process.mjs");
  const port = (await isFree(PORT)) ? PORT : await freePort();
  const trino = await startTrino({ dataDir: join(data, "server"), port, detached: true, onProgress });
  const stop = async () => {
    onProgress("stopping Trino");
    await trino.stop();
  };
  return { env: { LAKEHOUSE_ENGINE: engine, TRINO_URL: trino.url }, stop };
}
