/** Large deployments and long times, in workerd; part of `npm run check:soak`. */
import { defineConfig } from "vitest/config";
import { inWorkerd } from "./vitest.workerd.ts";

export default defineConfig(inWorkerd({ name: "control-plane-soak", include: ["test/**/*.soak.test.ts"] }));
