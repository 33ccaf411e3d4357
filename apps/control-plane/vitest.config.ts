/**
 * Tests of the whole control plane run inside workerd, with the real D1, R2 and durable objects of the local runtime. Tests beside the code
 * run in Node; see `vitest.fast.config.ts`.
 */
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations(new URL("migrations/d1", import.meta.url).pathname);

export default defineConfig({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: new URL("../../wrangler.toml", import.meta.url).pathname },
      miniflare: {
        bindings: {
          BOOTSTRAP_SECRET: "a-bootstrap-secret-for-tests-0123456789",
          CHECK_ANSWERS: "1",
          TEST_MIGRATIONS: migrations,
          SIMULATED_DAYS: process.env["HEADGATE_SIMULATED_DAYS"] ?? "",
        },
      },
    }),
  ],
  test: {
    name: "control-plane",
    include: ["test/**/*.test.ts", "src/testing/platform/platform.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
