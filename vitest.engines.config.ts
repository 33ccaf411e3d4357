/** How the tests against real engines run: `npm run test:engines`, and with the servers that take long to get, `npm run test:engines:full`. */
import { configDefaults, defineConfig } from "vitest/config";

const CONDITIONS = ["headgate-source", "module", "node", "development|production"];
const isFull = process.env["HEADGATE_ENGINES"] === "full";
/** A real dbt on DuckDB files of its own: needs no server. */
const DBT = "packages/sdk/test/dbt/*.engine.test.ts";
const WITH_SERVER = "packages/sdk/test/dbt/*trino*.engine.test.ts";
const common = { resolve: { conditions: CONDITIONS }, ssr: { resolve: { conditions: CONDITIONS } } };
const exclude = [...configDefaults.exclude, ...(isFull ? [] : ["**/*.full.engine.test.ts"])];

export default defineConfig({
  test: {
    projects: [
      {
        ...common,
        test: {
          name: "dbt",
          include: [DBT],
          exclude: [...exclude, WITH_SERVER],
          maxWorkers: 2,
          testTimeout: 120_000,
        },
      },
      {
        ...common,
        test: {
          name: "engines",
          include: ["scripts/**/*.engine.test.mjs", "{packages,apps,examples,e2e}/**/*.engine.test.ts", WITH_SERVER],
          exclude: [...exclude, "packages/sdk/test/dbt/!(*trino*).engine.test.ts"],
          globalSetup: "./scripts/engines/fetch.mjs",
          runner: "./scripts/engines/skip-unavailable.mjs",
          // Servers take a gigabyte each, and the first start fetches them.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
