import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["headgate-source"] },
  test: {
    name: "cli",
    environment: "node",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{engine,soak}.test.ts"],
    // Real child processes on a machine that may be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
