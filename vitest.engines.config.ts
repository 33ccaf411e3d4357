/** How the tests against real engines run: `npm run test:engines`, and with the servers that take long to get, `npm run test:engines:full`. */
import { configDefaults, defineConfig } from "vitest/config";

const CONDITIONS = ["headgate-source", "module", "node", "development|production"];
const isFull = process.env["HEADGATE_ENGINES"] === "full";

export default defineConfig({
  resolve: { conditions: CONDITIONS },
  ssr: { resolve: { conditions: CONDITIONS } },
  test: {
    name: "engines",
    include: ["scripts/**/*.engine.test.mjs", "{packages,apps,examples,e2e}/**/*.engine.test.ts"],
    exclude: [...configDefaults.exclude, ...(isFull ? [] : ["**/*.full.engine.test.ts"])],
    globalSetup: "./scripts/engines/fetch.mjs",
    runner: "./scripts/engines/skip-unavailable.mjs",
    // Servers take a gigabyte each, and the first start fetches them.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 900_000,
  },
});
