import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "lint", include: ["lint/**/*.test.mjs"], testTimeout: 30_000 } },
      "packages/*/vitest.config.ts",
      "apps/*/vitest.config.ts",
      "apps/control-plane/vitest.{deployment,fast}.config.ts",
      "examples/*/vitest.config.ts",
    ],
  },
});
