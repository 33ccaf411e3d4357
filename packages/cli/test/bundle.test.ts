import { expect, test } from "vitest";
import { loadProject } from "../src/project/project.ts";
import { bundleLocation, type Bundle } from "../src/publish/bundle.ts";
import { buildLocation } from "../src/publish/build-location.ts";
import { temporaryProject } from "./project.test-support.ts";

async function bundleOf(root: string): Promise<Bundle> {
  const { locations } = await loadProject(root);
  const [location] = locations;
  if (location === undefined) throw new Error("no location");
  const result = await bundleLocation(root, location);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.bundle;
}

test("the same sources in two folders give the same bytes", async () => {
  const [first, second] = [await bundleOf(temporaryProject()), await bundleOf(temporaryProject())];
  expect(second.hash).toBe(first.hash);
  expect(withoutSdk(second.map)).toEqual(withoutSdk(first.map));
});

test("a changed source gives different bytes", async () => {
  const before = await bundleOf(temporaryProject());
  const after = await bundleOf(
    temporaryProject({
      "src/location.ts": 'import { defineCodeLocation } from "@headgate/sdk";\nexport default defineCodeLocation({ name: "demo" });\n',
    }),
  );
  expect(after.hash).not.toBe(before.hash);
});

test("the source map has the files of the project with relative paths and their text", async () => {
  const bundle = await bundleOf(temporaryProject());
  const map = JSON.parse(bundle.map) as { sources: string[]; sourcesContent: string[] };
  const index = map.sources.indexOf("src/location.ts");
  expect(map.sourcesContent[index]).toContain("bronze/orders");
});

test("a package with native code stays out of the bundle and is named with its version", async () => {
  const root = temporaryProject({
    "node_modules/fast-thing/package.json":
      '{"name":"fast-thing","version":"2.1.0","type":"module","main":"index.js","dependencies":{"node-gyp-build":"4"}}',
    "node_modules/fast-thing/index.js": "export const fast = 1;",
    "node_modules/plain-thing/package.json": '{"name":"plain-thing","version":"1.0.0","type":"module","main":"index.js"}',
    "node_modules/plain-thing/index.js": "export const plain = 'plain and bundled';",
    "src/location.ts":
      'import { fast } from "fast-thing";\nimport { plain } from "plain-thing";\nimport { defineCodeLocation } from "@headgate/sdk";\nconsole.log(fast, plain);\nexport default defineCodeLocation({ name: "demo" });\n',
  });
  const bundle = await bundleOf(root);
  expect(bundle.externals).toEqual([{ name: "fast-thing", version: "2.1.0" }]);
  expect(bundle.code).toContain('from "fast-thing"');
  expect(bundle.code).toContain("plain and bundled");
});

test("include patterns add the same sorted files to every build", async () => {
  const files = {
    "headgate.config.ts": 'export default { locations: [{ name: "demo", entry: "src/location.ts", include: ["data/*.csv", "more"] }] };',
    "data/b.csv": "1",
    "data/a.csv": "2",
    "data/skipped.txt": "3",
    "more/deep/x.json": "{}",
    "more/node_modules/y.json": "{}",
  };
  const paths = async (): Promise<unknown> => {
    const project = await loadProject(temporaryProject(files));
    const [location] = project.locations;
    if (location === undefined) throw new Error("no location");
    const built = await buildLocation(project, location, process.env);
    if (!built.ok) throw new Error(JSON.stringify(built.problems));
    return built.location.manifest.files.filter((file) => !file.path.endsWith(".map"));
  };
  const first = (await paths()) as { path: string }[];
  expect(first.map((file) => file.path)).toEqual(["bundle.js", "data/a.csv", "data/b.csv", "more/deep/x.json"]);
  expect(await paths()).toEqual(first);
});

/** The relative path of the linked SDK differs between temporary folders; its content does not. */
function withoutSdk(map: string): unknown {
  const { sources, sourcesContent } = JSON.parse(map) as { sources: string[]; sourcesContent: string[] };
  return { sources: sources.map((source) => source.replace(/^(\.\.\/)+/, "")), sourcesContent };
}
