import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "e2e",
    include: ["**/*.e2e.test.ts"],
    // Each file has its own server, ports and folders. Two at a time, because half of each is waiting.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
  },
});
