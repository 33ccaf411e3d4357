import { describe, expect, it } from "vitest";
import { decideByRules, parseIgnoreRules } from "./ignore-rules.ts";

function ignores(rules: string, path: string, isFolder = false): boolean {
  return decideByRules([{ folder: "/p", file: "/p/.gitignore", rules: parseIgnoreRules(rules) }], `/p/${path}`, isFolder)?.ignored ?? false;
}

describe("ignore rules", () => {
  it.each([
    ["*.db", "dev.db", true],
    ["*.db", "a/b/dev.db", true],
    ["*.db", "dev.db.txt", false],
    ["/dev.db", "dev.db", true],
    ["/dev.db", "a/dev.db", false],
    ["data/raw", "data/raw", true],
    ["data/raw", "x/data/raw", false],
    ["**/raw", "x/data/raw", true],
    ["**/raw", "raw", true],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**", "a/x/y", true],
    ["a/**", "a", false],
    ["a/*", "a/x/y", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[a-c].sql", "b.sql", true],
    ["[!a-c].sql", "b.sql", false],
    ["[!a-c].sql", "x.sql", true],
    ["[]x].sql", "].sql", true],
    ["# note", "# note", false],
    ["\\#note", "#note", true],
    ["\\!note", "!note", true],
    ["note   ", "note", true],
    ["note\\ ", "note ", true],
    ["*.db\r", "dev.db", true],
    ["*.db\n!keep.db", "keep.db", false],
    ["!keep.db\n*.db", "keep.db", true],
    ["a+(b).sql", "a+(b).sql", true],
    ["größe*", "größe.sql", true],
    ["**foo", "barfoo", true],
    ["[a", "[a", false],
    ["/*\n!/models", "models/x", false],
    ["", "x", false],
    ["/", "x", false],
  ])("%j decides about %j: %s", (rules, path, expected) => {
    expect(ignores(rules, path)).toBe(expected);
  });

  it("a rule that ends in a slash is about folders only", () => {
    expect([ignores("venv/", "venv", true), ignores("venv/", "venv")]).toEqual([true, false]);
  });

  it("a file of an inner folder comes after those around it", () => {
    const files = [
      { folder: "/p", file: "/p/.gitignore", rules: parseIgnoreRules("*.csv") },
      { folder: "/p/seeds", file: "/p/seeds/.gitignore", rules: parseIgnoreRules("# kept here\n!*.csv") },
    ];
    expect(decideByRules(files, "/p/seeds/a.csv", false)).toEqual({ ignored: false, file: "/p/seeds/.gitignore", line: 2 });
    expect(decideByRules(files, "/p/data/a.csv", false)).toEqual({ ignored: true, file: "/p/.gitignore", line: 1 });
  });
});
