/** How tests run inside workerd, with the real D1, R2 and durable objects of the local runtime. */
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import type { ViteUserConfig } from "vitest/config";

const migrations = await readD1Migrations(new URL("migrations/d1", import.meta.url).pathname);

export function inWorkerd(test: NonNullable<ViteUserConfig["test"]>): ViteUserConfig {
  return {
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
    test: { testTimeout: 30_000, hookTimeout: 60_000, ...test },
  };
}
