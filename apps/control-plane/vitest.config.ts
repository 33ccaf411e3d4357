/**
 * Tests of the whole control plane, with its directory in D1. Those of one deployment are in `vitest.deployment.config.ts`, and tests
 * beside the code run in Node; see `vitest.fast.config.ts`.
 */
import { configDefaults, defineConfig } from "vitest/config";
import { inWorkerd } from "./vitest.workerd.ts";

export default defineConfig(
  inWorkerd({
    name: "control-plane",
    include: ["test/**/*.test.ts", "src/testing/platform/platform.test.ts"],
    exclude: [...configDefaults.exclude, "test/deployment.*"],
  }),
);
