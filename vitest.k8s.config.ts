/** How the tests against a real Kubernetes API server run: `npm run test:k8s`. They need Linux, root and Go, and build the servers once. */
import { configDefaults, defineConfig } from "vitest/config";

const CONDITIONS = ["headgate-source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions: CONDITIONS },
  ssr: { resolve: { conditions: CONDITIONS } },
  test: {
    name: "k8s",
    include: ["{apps,charts,e2e,images}/**/*.k8s.test.ts"],
    exclude: [...configDefaults.exclude],
    runner: "./scripts/engines/skip-unavailable.mjs",
    // One cluster has 400 MB.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 900_000,
  },
});
