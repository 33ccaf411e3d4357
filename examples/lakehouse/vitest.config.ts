import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["headgate-source", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["headgate-source", "module", "node", "development|production"] } },
  test: { name: "lakehouse", include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, "**/*.{engine,soak}.test.ts"] },
});
