/** Rules about the whole repository: each finds a planted violation, and the repository itself keeps them. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BASE, subjectProblems, subjectsSince } from "./commit-subjects.mjs";
import { fullFolders, MAX_FILES } from "./folder-sizes.mjs";
import { PACKAGES } from "./layers.mjs";
import { RATCHET, ROOT } from "./ratchet.mjs";
import { findRetired, markupOf, parseGlossary, proseOf, retiredWords } from "./retired-words.mjs";
import { readTable } from "./rooms.mjs";

const temporary = mkdtempSync(path.join(tmpdir(), "headgate-house-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe("folder sizes", () => {
  const plant = (folder, names) => {
    mkdirSync(path.join(temporary, folder), { recursive: true });
    for (const name of names) writeFileSync(path.join(temporary, folder, name), "");
  };
  const many = (count, ending) => Array.from({ length: count }, (_, index) => `file-${index}${ending}`);

  it("a folder with one source file too many is found", () => {
    plant("src/full", many(MAX_FILES + 1, ".ts"));
    expect(fullFolders(temporary)).toEqual({ "src/full": MAX_FILES + 1 });
  });

  it("tests, test support and fixtures do not count", () => {
    plant("src/tested", [...many(MAX_FILES, ".ts"), ...many(5, ".test.ts"), ...many(5, ".test-support.ts")]);
    plant("src/fixtures", many(MAX_FILES + 1, ".ts"));
    plant("test", many(MAX_FILES + 1, ".ts"));
    expect(Object.keys(fullFolders(temporary))).toEqual(["src/full"]);
  });
});

describe("circles between files", () => {
  it("a circle of types alone is found", () => {
    const folder = path.join(temporary, "circle");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "a.ts"), 'import type { B } from "./b.ts";\nexport interface A { readonly b: B }\n');
    writeFileSync(path.join(folder, "b.ts"), 'import type { A } from "./a.ts";\nexport interface B { readonly a: A }\n');
    const rule = JSON.parse(readFileSync(path.join(ROOT, ".oxlintrc.json"), "utf8")).rules["import/no-cycle"];
    const config = { plugins: ["import"], categories: { correctness: "off" }, rules: { "import/no-cycle": rule } };
    writeFileSync(path.join(folder, ".oxlintrc.json"), JSON.stringify(config));
    let output = "";
    try {
      execFileSync(path.join(ROOT, "node_modules/.bin/oxlint"), ["-c", ".oxlintrc.json", "."], { cwd: folder, stdio: "pipe" });
    } catch (error) {
      output = String(error.stdout);
    }
    expect(output).toMatch(/no-cycle/);
  });
});

describe("the layer table", () => {
  it("every room of the table exists, unless it is planned", () => {
    const missing = readTable(PACKAGES).flatMap((entry) =>
      entry.rooms
        .filter(({ room, planned }) => planned !== true && !existsSync(path.join(ROOT, entry.package, "src", room)))
        .map(({ room }) => `${entry.package}/src/${room}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("subjects of commits", () => {
  it("a subject needs an area, an imperative and at most 72 characters", () => {
    expect(subjectProblems("agent: keep the list of attempts on disk")).toEqual([]);
    expect(subjectProblems("sdk: process durations in one place")).toEqual([]);
    expect(subjectProblems("What was looked at is told once")).toEqual([expect.stringMatching(/no area/)]);
    expect(subjectProblems("house: move it")).toEqual([expect.stringMatching(/no area; choose/)]);
    expect(subjectProblems("web: adds a table of places")).toEqual([expect.stringMatching(/no imperative/)]);
    expect(subjectProblems("docs: describe it.")).toEqual([expect.stringMatching(/full stop/)]);
    expect(subjectProblems(`web: say ${"more ".repeat(20)}`)).toEqual([expect.stringMatching(/characters/)]);
  });

  it("a clone without the old history is skipped with a reason", () => {
    execFileSync("git", ["init", "-q", temporary]);
    expect(subjectsSince(BASE, temporary)).toEqual({ skipped: expect.stringMatching(/does not reach back/) });
  });

  it("every commit since the rule keeps it", ({ skip }) => {
    const { subjects, skipped } = subjectsSince(BASE);
    if (skipped !== undefined) return skip(skipped);
    const wrong = subjects.flatMap((subject) => subjectProblems(subject).map((problem) => `${subject}: ${problem}`));
    expect(wrong).toEqual([]);
  });
});

describe("retired words", () => {
  const words = parseGlossary(
    "# Glossary\n## Retired words\nThese are gone.\n\n| retired | use instead | where |\n| --- | --- | --- |\n| in force | active | |\n| trial | dry run | docs, texts |\n\n## More\n",
  );
  const found = (text, place) => findRetired(text, words, place).map(({ word }) => word);

  it("a retired word is found in its places, also over two lines", () => {
    expect(found("Version 3 stays in\n * force.", "comments")).toEqual(["in force"]);
    expect(found("A Trial run", "docs")).toEqual(["trial"]);
    expect(found("a trial in a comment", "comments")).toEqual([]);
    expect(found("industrial, in-force", "docs")).toEqual([]);
  });

  it("a glossary with a wrong table is refused", () => {
    expect(() => parseGlossary("# Glossary\n")).toThrow(/no section/);
    expect(() => parseGlossary("## Retired words\n| word | use |\n| --- | --- |\n")).toThrow(/columns/);
    expect(() => parseGlossary("## Retired words\n| retired | use instead | where |\n|---|---|---|\n| a | b | films |\n")).toThrow(/films/);
  });

  it("prose and markup are read without their code", () => {
    expect(proseOf("Use `trial` and\n```\ntrial\n```\nthe [link](trial.md).")).not.toMatch(/trial/);
    expect(markupOf('<script>trial</script><p class="trial">Text {trial}</p>')).toMatch(/^\s*Text\s*$/);
  });

  it("documents and the dashboard's markup use no retired word", () => {
    const all = retiredWords();
    const wrong = [];
    for (const file of filesBelow(ROOT)) {
      const place = file.endsWith(".md") ? "docs" : file.endsWith(".svelte") ? "texts" : null;
      if (place === null || file === "docs/glossary.md" || file in RATCHET["retired-words"]) continue;
      const text = readFileSync(path.join(ROOT, file), "utf8");
      for (const { word, use } of findRetired(place === "docs" ? proseOf(text) : markupOf(text), all, place))
        wrong.push(`${file}: '${word}' is a retired word; use '${use}'`);
    }
    expect(wrong).toEqual([]);
  });
});

function filesBelow(root, folder = "") {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isFile()) return [file];
    const skipped = entry.name.startsWith(".") || ["node_modules", "dist", "build", "artifacts", "dbt_packages"].includes(entry.name);
    return entry.isDirectory() && !skipped ? filesBelow(root, file) : [];
  });
}
