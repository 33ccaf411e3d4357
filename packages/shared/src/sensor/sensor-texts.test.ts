import path from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

describe("the texts of sensors", () => {
  it("the texts of sensors are loaded without the parser of schemas", async () => {
    const texts = ["sensor-kinds.ts", "sensor-event.ts"].map((file) => `export * from "./${file}";`).join("");
    const { metafile } = await build({
      stdin: { contents: texts, resolveDir: import.meta.dirname, loader: "ts" },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      absWorkingDir: path.join(import.meta.dirname, "../.."),
    });
    const kept = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
    expect(kept).toContain("src/sensor/check.ts");
    expect(kept.filter((file) => file.includes("zod"))).toEqual([]);
  });
});
