/** How this package's tests run: against its sources, not against `dist`. */
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["headgate-source", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["headgate-source", "module", "node", "development|production"] } },
  test: {
    name: "sdk",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{engine,soak}.test.ts"],
    // Real child processes and servers on a machine that may be busy.
    testTimeout: 30_000,
  },
});
