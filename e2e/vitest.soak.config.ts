import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "e2e-soak",
    include: ["**/*.soak.test.ts"],
    // One at a time, after the soak tests of the parts: they kill processes and measure memory.
    fileParallelism: false,
    sequence: { groupOrder: 1 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
  },
});
