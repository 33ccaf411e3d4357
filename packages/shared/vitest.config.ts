import { defineConfig } from "vitest/config";

export default defineConfig({
  // Properties and ten-thousand-node graphs take a while on a busy machine; no test measures time.
  test: { name: "shared", environment: "node", include: ["src/**/*.test.ts", "test/**/*.test.ts"], testTimeout: 30_000 },
});
