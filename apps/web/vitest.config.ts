import { svelte } from "@sveltejs/vite-plugin-svelte";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  // `places.ts` names the icon of each page, and an icon is a component.
  plugins: [svelte({ configFile: false })],
  test: {
    name: "web",
    environment: "node",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{engine,soak}.test.ts"],
    server: { deps: { inline: [/@lucide\/svelte/] } },
  },
});
