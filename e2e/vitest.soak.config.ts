import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "soak", include: ["**/*.soak.test.ts"], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000, pool: "forks" },
});
