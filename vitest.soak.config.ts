/** The tests of rare situations and large sizes, `*.soak.test.ts`: `npm run check:soak`. */
import { defineConfig } from "vitest/config";

const CONDITIONS = ["headgate-source", "module", "node", "development|production"];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions: CONDITIONS },
        ssr: { resolve: { conditions: CONDITIONS } },
        test: { name: "parts-soak", include: ["{packages,apps/agent}/**/*.soak.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      "apps/control-plane/vitest.soak.config.ts",
      "e2e/vitest.soak.config.ts",
    ],
  },
});
