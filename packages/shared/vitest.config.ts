import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "shared",
    environment: "node",
    // Pure functions: loading them again for each file would take longer than most of the tests.
    isolate: false,
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{engine,soak}.test.ts"],
    // Properties and ten-thousand-node graphs take a while on a busy machine; no test measures time.
    testTimeout: process.env["HEADGATE_PROPERTY_RUNS"] === undefined ? 30_000 : 3_600_000,
  },
});
