/** How this package's tests run: against its sources, not against `dist`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["headgate-source", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["headgate-source", "module", "node", "development|production"] } },
  test: { name: "sdk", include: ["src/**/*.test.ts", "test/**/*.test.ts"] },
});
