/** Names that dbt's parsing passes over and no run can resolve: what is said of each. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readUnknownName, unknownNameWarnings } from "../../src/integrations/dbt/refusals/unknown-names.ts";

const project = { shownDir: "dbt", dir: "/nowhere", givesVars: false };
const macro = { kind: "macro", name: "cents", node: "model.shop.m", file: "models/m.sql", line: 3 } as const;

test.each([
  ["a macro", macro, "there is no macro named 'cents'.", /^Define it in the folder macros/],
  ["a macro of a package", { ...macro, name: "dbt_utils.star" }, "there is no macro named 'dbt_utils.star'.", /^Add the package dbt_utils/],
  [
    "a variable",
    { ...macro, kind: "var", name: "day" },
    "the variable 'day' has no value and no default.",
    /dbtProject\(\{ vars: \{ day: /,
  ],
  ["a materialization", { ...macro, kind: "materialization", name: "tabel" }, "has no materialization 'tabel'.", /^Did you mean table\?/],
  ["a test", { ...macro, name: "test_uniqe", file: "models/s.yml", line: null }, "no test named 'uniqe'.", /^Did you mean unique\?/],
  [
    "a test of a package",
    { ...macro, name: "dbt_utils.test_at_least", file: "models/s.yml", line: null },
    "no test named 'dbt_utils.at_least'.",
    /packages\.yml/,
  ],
] as const)("%s that does not exist is named with its remedy", (_what, found, sentence, hint) => {
  const [warning = ""] = unknownNameWarnings([found], project);
  expect(warning).toContain(`dbt/${found.file}`);
  expect(warning).toContain(`model.shop.m can never run: `);
  const [, remedy] = warning.split(`${sentence} `);
  expect(remedy).toMatch(hint);
});

test("an unknown test is shown where its YAML names it", () => {
  const dir = mkdtempSync(join(tmpdir(), "headgate-unknown-names-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "s.yml"), "models:\n  - name: m\n    columns:\n      - {name: id, data_tests: [uniqe]}\n");
  const found = { ...macro, name: "test_uniqe", file: "s.yml", line: null };
  expect(unknownNameWarnings([found], { ...project, dir })).toMatchObject([expect.stringMatching(/^dbt\/s\.yml:4: /)]);
});

test("a variable that steps may give is no mistake", () => {
  expect(unknownNameWarnings([{ ...macro, kind: "var" }], { ...project, givesVars: true })).toEqual([]);
});

test("a line of another form is left to others", () => {
  expect(readUnknownName("{}")).toBeNull();
  expect(readUnknownName("no JSON")).toBeNull();
  expect(readUnknownName(JSON.stringify(macro))).toEqual(macro);
});
