import { defineConfig } from "@headgate/sdk/config";

export default defineConfig({
  locations: [{ name: "lakehouse", entry: "src/location.ts", include: ["data"] }],
});
