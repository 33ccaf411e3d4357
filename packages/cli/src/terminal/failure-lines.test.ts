import { describe, expect, it } from "vitest";
import { failureLines } from "./failure-lines.ts";
import { createColors } from "picocolors";

const colors = createColors(false);

describe("the lines below the message of a failure", () => {
  it("show the code around the position of an error in user code", () => {
    const frames = [{ file: "location.ts", line: 3, user: true }];
    expect(
      failureLines(
        { kind: "user_code", message: "TypeError: no price", stack: "TypeError: no price\n    at run", frames, codeFrame: "> 3 | throw" },
        colors,
      ),
    ).toEqual(["    at location.ts:3", "    > 3 | throw"]);
  });

  it("show the compiled SQL of a dbt model", () => {
    expect(
      failureLines({ kind: "dbt", message: "Binder Error", source: { language: "sql", text: "select nix\nfrom t\n" } }, colors),
    ).toEqual(["    the SQL that ran:", "    select nix", "    from t"]);
  });

  it("show the stack without its first line, and every cause", () => {
    const cause = { kind: "user_code", message: "socket closed" } as const;
    expect(failureLines({ kind: "user_code", message: "Error: a", stack: "Error: a\n    at b", cause }, colors)).toEqual([
      "        at b",
      "    caused by: socket closed",
    ]);
  });
});
