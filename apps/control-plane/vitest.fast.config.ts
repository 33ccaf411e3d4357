/** Questions about one command are asked in Node, over its SQLite: thousands of times faster to start than workerd. */
import { defineConfig } from "vitest/config";

const file = (path: string): string => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: {
      "cloudflare:workers": file("src/testing/platform/cloudflare-workers.ts"),
      "cloudflare:test": file("src/testing/platform/cloudflare-test.ts"),
    },
  },
  test: {
    name: "control-plane-fast",
    include: ["src/**/*.test.ts"],
    setupFiles: [file("src/testing/platform/globals.ts")],
    // Every test opens a deployment of its own, and loading the control plane for each file would take most of the time.
    isolate: false,
    testTimeout: 30_000,
  },
});
