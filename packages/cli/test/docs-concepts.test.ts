/** Runs the samples of the concept pages as a reader would, and compares what they print with what they say. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { describe, expect, it } from "vitest";
import { loadProject } from "../src/project/project.ts";
import { buildProject } from "../src/publish/publish-project.ts";
import { linkSdk, REPOSITORY, temporaryFolder, temporaryProject, writeFiles } from "./project.test-support.ts";

const run = promisify(execFile);
const FOLDER = join(REPOSITORY, "docs/concepts");
const PAGES = readdirSync(FOLDER);

const read = (page: string): string => readFileSync(join(FOLDER, page), "utf8");
const samplesOf = (page: string): readonly string[] => [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, sample = ""]) => sample);
const SAMPLES = PAGES.flatMap((page) => samplesOf(page).map((sample, index) => ({ page, number: index + 1, sample })));
const isLocation = ({ sample }: { readonly sample: string }): boolean => sample.includes("export default defineCodeLocation");

/** The comment behind each `console.log(...)` of a sample says what it prints. */
const promisedOutput = (sample: string): readonly string[] =>
  [...sample.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = ""]) => text);

async function publishable(sample: string) {
  const folder = temporaryProject({
    "headgate.config.ts":
      'import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "shop", entry: "src/location.ts" }] });\n',
    "src/location.ts": sample,
  });
  return await buildProject(await loadProject(folder), process.env, () => undefined);
}

describe("concept pages", () => {
  it.each(PAGES)("the samples of %s import nothing but the SDK", (page) => {
    const imports = samplesOf(page).flatMap((sample) => [...sample.matchAll(/from "([^"]+)"/g)].map(([, name = ""]) => name));
    expect(imports).not.toEqual([]);
    expect(imports.filter((name) => !/^@headgate\/sdk(\/|$)/.test(name))).toEqual([]);
  });
});

describe("samples of the concept pages", () => {
  it.each(SAMPLES.filter((sample) => !isLocation(sample)))("sample $number of $page prints what it promises", async ({ sample }) => {
    const folder = temporaryFolder();
    linkSdk(folder);
    writeFiles(folder, { "package.json": '{"type":"module"}', "sample.ts": sample });
    const { stdout, stderr } = await run(process.execPath, ["--conditions=headgate-source", "sample.ts"], { cwd: folder });
    expect(promisedOutput(sample)).not.toEqual([]);
    // A warning would mean that the sample uses an old form of the SDK.
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\n")).toEqual(promisedOutput(sample));
  });

  it.each(SAMPLES.filter(isLocation))("sample $number of $page is a code location that can be published", async ({ sample }) => {
    expect(await publishable(sample)).toMatchObject([{ ok: true }]);
  });
});

describe("docs/concepts/selection.md", () => {
  it("each selection of the table selects what its row says", async () => {
    const [build] = await publishable(samplesOf("selection.md")[0] ?? "");
    const assets = build?.ok === true ? build.location.manifest.assets.map((asset) => ({ ...asset, location: "shop" })) : [];
    const graph = buildAssetGraph(assets);
    const [, table = ""] = read("selection.md").split("| selection | selects |\n| --- | --- |\n");
    const rows = [...(table.split("\n\n")[0] ?? "").matchAll(/^\| `(.*?)` \| (.*?) \|$/gm)];
    const selects = ([, text = ""]: readonly string[]): string => {
      const parsed = parseSelection(text);
      const found = parsed.ok ? evaluateSelection(parsed.value, graph) : parsed;
      return found.ok ? found.value.toSorted().join(" ") : found.error.message;
    };
    expect(rows).toHaveLength(8);
    expect(rows.map(selects)).toEqual(rows.map(([, , expected]) => expected));
  });
});
