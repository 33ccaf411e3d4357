/** Old offences only ever become fewer. */
import { describe, expect, it } from "vitest";
import { allOffences, countOffences } from "./count-offences.mjs";
import { fullFolders } from "./folder-sizes.mjs";
import { RATCHET, ROOT } from "./ratchet.mjs";

const entries = (rules) =>
  Object.entries(rules).flatMap(([rule, folders]) => Object.entries(folders).map(([folder, n]) => [`${rule} ${folder}`, n]));

describe("the old offences of lint/ratchet.json", { timeout: 60_000 }, () => {
  const counted = new Map(entries(countOffences(allOffences())));
  const allowed = new Map(entries(RATCHET));

  it("no folder has more offences than the list allows", () => {
    const more = [...counted].filter(([place, count]) => count > (allowed.get(place) ?? 0));
    expect(more, "mend them; `node lint/count-offences.mjs --list <rule>` prints each place").toEqual([]);
  });

  it("a folder without offences leaves the list", () => {
    const done = [...allowed.keys()].filter((place) => !counted.has(place));
    expect(done, "remove these from lint/ratchet.json, and circles also from the overrides of .oxlintrc.json").toEqual([]);
  });

  it("no folder outside the list has more than twenty source files", () => {
    const listed = Object.keys(RATCHET["folder-size"]);
    expect(Object.keys(fullFolders(ROOT)).filter((folder) => !listed.includes(folder))).toEqual([]);
  });
});
