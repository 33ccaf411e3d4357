/** What the assets work with: an engine that keeps the tables, the dbt project on top of it, and the folder where exports land. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { defineResource } from "@headgate/sdk";
import { dbtProject, dbtResource } from "@headgate/sdk/dbt";
import { duckdbResource } from "@headgate/sdk/duckdb";
import { trinoResource } from "@headgate/sdk/trino";
import { z } from "zod";

const DATABASE = "lakehouse.duckdb";
const ENGINES = ["duckdb", "trino"] as const;

/** The one setting that moves the lakehouse: everything below and the dbt profile follow it. */
export const engine = defineResource({
  key: "engine",
  env: ["LAKEHOUSE_ENGINE"],
  setup({ env }) {
    const chosen = env["LAKEHOUSE_ENGINE"] ?? "duckdb";
    const known = ENGINES.find((name) => name === chosen);
    if (known === undefined) throw new Error(`LAKEHOUSE_ENGINE is "${chosen}": set it to duckdb or trino.`);
    return known;
  },
});

/** What the dashboard shows beside the assets; read when the code location is published. */
export const engineKind = process.env["LAKEHOUSE_ENGINE"] ?? "duckdb";

export const duckdb = duckdbResource({ path: DATABASE });

/** Reads exports for an engine that does not see this machine's files. */
export const files = duckdbResource({ key: "files", path: ":memory:" });

export const trino = trinoResource({ url: { env: "TRINO_URL", default: "http://127.0.0.1:8080" }, catalog: "lakehouse" });

export const project = dbtProject({
  dir: "dbt",
  env: ({ storage }) => ({ DUCKDB_PATH: join(storage, DATABASE) }),
});

export const dbt = dbtResource({ project });

/** The exports that come with this example (`data/raw`), and every file that is dropped into the landing folder later. */
export const landing = defineResource({
  key: "landing",
  config: z.object({ folder: z.string() }),
  values: { folder: "landing" },
  env: ["LAKEHOUSE_LANDING"],
  async setup({ config, env, folders }) {
    const inbox = env["LAKEHOUSE_LANDING"] ?? join(folders.storage, config.folder);
    const shipped = join(folders.root, "data", "raw");
    await mkdir(inbox, { recursive: true });
    const list = async (folder: string) => (await readdir(folder)).sort().map((name) => ({ name, path: join(folder, name) }));
    return {
      /** Files dropped into the landing folder, by name. */
      dropped: () => list(inbox),
      /** `orders.csv`, `orders-2025-03-02.csv` and the like. */
      filesOf: async (table: string) => {
        const files = [...(await list(shipped)), ...(await list(inbox))];
        return files.filter(({ name }) => new RegExp(`^${table}(-[\\w-]+)?\\.(csv|parquet)$`).test(name)).map(({ path }) => path);
      },
    };
  },
});
