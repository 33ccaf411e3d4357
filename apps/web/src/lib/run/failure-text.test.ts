import { describe, expect, it } from "vitest";
import { namedLine, splitMessage } from "./failure-text.ts";

const MESSAGE = [
  'Binder Error: Referenced column "no_such_column" not found in FROM clause!',
  "",
  "LINE 2: select no_such_column,",
  "               ^",
  "",
].join("\n");

describe("the message of a failure", () => {
  it("the first line is the sentence and the rest keeps its lines", () => {
    expect(splitMessage(MESSAGE)).toEqual({
      sentence: 'Binder Error: Referenced column "no_such_column" not found in FROM clause!',
      rest: "LINE 2: select no_such_column,\n               ^",
    });
    expect(splitMessage("boom")).toEqual({ sentence: "boom", rest: null });
    expect(splitMessage("\n\nboom\n")).toEqual({ sentence: "boom", rest: null });
    expect(splitMessage("")).toEqual({ sentence: "", rest: null });
  });

  it("the marked line is the one that the message quotes", () => {
    expect(namedLine(MESSAGE, "with x as (\nselect no_such_column,\n1)")).toBe(2);
    // dbt puts "create table ... as (" in front, which the database counts.
    const wrapped = "LINE 27:     o.no_such_column,\n             ^";
    expect(namedLine(wrapped, "select\n    o.id,\n    o.no_such_column,\n    1")).toBe(3);
    expect(namedLine("LINE 9: ...en 1 else no_such_column end...", "select\ncase when 1 then 1 else no_such_column end as x")).toBe(2);
    expect(namedLine("line 7:5: Column 'o.nope' cannot be resolved", "select\n  o.nope\nfrom t")).toBe(2);
  });

  it("no line is marked unless it is certain", () => {
    expect(namedLine(MESSAGE, "select 1")).toBeNull();
    expect(namedLine("boom", "select 1")).toBeNull();
    expect(namedLine("LINE 9: nope,", "select nope,\nnope,")).toBeNull();
    expect(namedLine("LINE 1: nope", "select 1,\nnope")).toBeNull();
  });
});
