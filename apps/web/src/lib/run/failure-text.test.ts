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

  it("the line that the database names is found in the text", () => {
    expect(namedLine(MESSAGE, "with x as (\nselect no_such_column,\n1)")).toBe(2);
    expect(namedLine(MESSAGE, "select 1")).toBeNull();
    expect(namedLine("boom", "select 1")).toBeNull();
  });
});
