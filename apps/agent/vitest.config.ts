import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "agent",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{engine,soak}.test.ts"],
    testTimeout: 60_000,
    // A loaded machine needs seconds to start a process.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 30_000,
  },
});
