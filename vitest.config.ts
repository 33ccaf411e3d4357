import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One more than processors: many tests wait for a child process or a timer.
    maxWorkers: availableParallelism() + 1,
    projects: [
      { test: { name: "lint", include: ["lint/**/*.test.mjs"], testTimeout: 30_000 } },
      "packages/*/vitest.config.ts",
      "apps/*/vitest.config.ts",
      "apps/control-plane/vitest.{deployment,fast}.config.ts",
      "examples/*/vitest.config.ts",
    ],
  },
});
