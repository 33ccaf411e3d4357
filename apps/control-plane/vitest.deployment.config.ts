/** Tests of one deployment, a durable object: each test opens its own, so the files share a workerd, which takes seconds to start. */
import { configDefaults, defineConfig } from "vitest/config";
import { inWorkerd } from "./vitest.workerd.ts";

export default defineConfig(
  inWorkerd({
    name: "control-plane-deployment",
    include: ["test/deployment.*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.soak.test.ts"],
    isolate: false,
  }),
);
