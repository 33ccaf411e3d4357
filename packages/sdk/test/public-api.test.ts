/** The public API as users see it: its documentation, its report and its reference page. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { apiReports, referenceOutput } from "../reference/outputs.ts";
import { PACKAGE, readPublicApi } from "../reference/public-api.ts";
import { undocumented } from "../reference/undocumented.ts";

const HOW = "run: npm run api:update -w @headgate/sdk";
const api = readPublicApi();

/** A job option that nobody documented, and one whose type is another. */
const planted = () => {
  const file = "src/definitions/job.ts";
  const text = readFileSync(join(PACKAGE, file), "utf8").replace(
    "readonly priority?: number | undefined;",
    "readonly priority?: string | undefined;\n  readonly planted?: number | undefined;",
  );
  return readPublicApi({ [file]: text });
};

describe("the public API", () => {
  it("has a sentence for every name and member and an example for every function", () => {
    expect(undocumented(api.entries)).toEqual([]);
  });

  it.each(apiReports(api).map(({ file, text }) => [file.slice(PACKAGE.length + 1), text] as const))("is what %s says", (file, text) => {
    expect(readFileSync(join(PACKAGE, file), "utf8"), HOW).toBe(text);
  });

  it("has one report for each entry point", () => {
    const files = apiReports(api).map(({ file }) => file);
    expect(readdirSync(join(PACKAGE, "api")).map((name) => join(PACKAGE, "api", name))).toEqual(files.toSorted());
  });

  it("is what docs/reference/sdk.md shows", () => {
    const { file, text } = referenceOutput(api);
    expect(readFileSync(file, "utf8"), HOW).toBe(text);
  });
});

describe("a changed option", () => {
  it("differs from the report, is missing from the page and needs a sentence", () => {
    const changed = planted();
    const [report] = apiReports(changed).filter(({ file }) => file.endsWith("core.api.txt"));
    const old = readFileSync(report?.file ?? "", "utf8");
    expect(old).toContain("  priority?: number;");
    expect(report?.text).not.toBe(old);
    expect(report?.text).toContain("  planted?: number;\n  priority?: string;");
    const page = referenceOutput(changed);
    expect(page.text).not.toBe(readFileSync(page.file, "utf8"));
    expect(undocumented(changed.entries)).toEqual([
      expect.stringMatching(/^src\/definitions\/job\.ts:\d+: JobOptions\.planted of @headgate\/sdk has no sentence$/),
    ]);
  });
});
