import { describe, expect, it } from "vitest";
import { select } from "./builder.ts";
import { parseSelection } from "./parse.ts";
import { printSelection } from "./print.ts";

describe("select", () => {
  it.each([
    [select.all(), "*"],
    [select.groups("bronze", "silver"), "group:bronze or group:silver"],
    [select.keys("stg_customers").downstream(), "stg_customers+"],
    [select.keys("a", "b").upstream(2), "2+(a or b)"],
    [select.keys("a").upstream(1).downstream(1), "(1+a)+1"],
    [select.tag("tier", "gold").and(select.kinds("dbt")), "tag:tier=gold and kind:dbt"],
    [select.groups("gold").minus(select.owners("team:x")), 'group:gold and not owner:"team:x"'],
    [select.groups("gold").or(select.tag("t")).not(), "not (group:gold or tag:t)"],
    [
      select
        .all()
        .sinks()
        .or(select.roots(select.groups("g"))),
      "sinks(*) or roots(group:g)",
    ],
    [select.codeLocations("main"), "code_location:main"],
  ])("prints as text", (selection, printed) => {
    expect(printSelection(selection)).toBe(printed);
    expect(parseSelection(printed)).toEqual({ ok: true, value: JSON.parse(JSON.stringify(selection)) });
  });
});
