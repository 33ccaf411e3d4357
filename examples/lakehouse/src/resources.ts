/** What the assets work with: the DuckDB file, the dbt project on top of it, and the folder where exports land. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { defineResource } from "@headgate/sdk";
import { dbtProject, dbtResource } from "@headgate/sdk/dbt";
import { duckdbResource } from "@headgate/sdk/duckdb";
import { z } from "zod";

const DATABASE = "lakehouse.duckdb";

export const duckdb = duckdbResource({ path: DATABASE });

export const project = dbtProject({
  dir: "dbt",
  env: ({ storage }) => ({ DUCKDB_PATH: join(storage, DATABASE) }),
});

export const dbt = dbtResource(project);

/** The exports that come with this example (`data/raw`), and every file that is dropped into the landing folder later. */
export const landing = defineResource("landing", {
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
