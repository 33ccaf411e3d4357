import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { defineConfig, parseConfig } from "@headgate/sdk/config";
import { SDK_VERSION } from "../src/version.ts";

it("parseConfig reads a configuration and completes it", () => {
  const config = defineConfig({ locations: [{ name: "lakehouse", entry: "src/location.ts" }], deployment: "acme/prod" });
  expect(parseConfig(config, "headgate.config.ts")).toEqual({
    locations: [{ name: "lakehouse", entry: "src/location.ts", include: [], provided: [] }],
    deployment: "acme/prod",
  });
});

it("parseConfig names the file and everything that is wrong in it", () => {
  const bad = {
    locations: [
      { name: "a b", entry: "" },
      { name: "x", entry: "y" },
      { name: "x", entry: "z", entrypoint: "w" },
    ],
    deployment: "acme",
  };
  expect(() => parseConfig(bad, "headgate.config.ts")).toThrow(
    /^headgate\.config\.ts must export.*locations\.0\.name.*locations\.0\.entry.*locations\.2.*entrypoint.*deployment/s,
  );
  expect(() =>
    parseConfig(
      {
        locations: [
          { name: "x", entry: "a" },
          { name: "x", entry: "b" },
        ],
      },
      "f",
    ),
  ).toThrow("'x' is used twice");
  expect(() => parseConfig(undefined, "f")).toThrow("the default export");
});

it("the package has one version number", () => {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../package.json"), "utf8")) as { version: string };
  expect(SDK_VERSION).toBe(manifest.version);
});
