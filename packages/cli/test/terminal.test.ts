import { expect, test } from "vitest";
import { ERROR_CODES } from "@headgate/shared/domain/errors.ts";
import { splitStatements } from "../src/embedded/d1-migrations.ts";
import { codeFrame } from "../src/publish/code-frame.ts";
import { caretUnder } from "../src/terminal/print-error.ts";
import { exitCodeOf } from "../src/terminal/exit-code.ts";
import { durationText } from "../src/terminal/format.ts";
import { formatTable } from "../src/terminal/table.ts";

test("every error code has the exit code 1 or 2", () => {
  for (const code of ERROR_CODES) expect([1, 2]).toContain(exitCodeOf(code));
});

test("table columns line up with numbers to the right, ignoring colours", () => {
  const bold = (text: string): string => `<${text}>`;
  const lines = formatTable(
    [{ title: "asset" }, { title: "rows", align: "right" }, { title: "note" }],
    [
      ["a", "1", "x"],
      [{ text: "longer", paint: bold }, "1,500", ""],
    ],
    (title) => title,
  );
  expect(lines).toEqual(["asset    rows  note", "a           1  x", "<longer>  1,500  "]);
});

test("a caret keeps the tabs before it, so that it stands under its position", () => {
  expect(caretUnder("a\tb", 2)).toEqual(["  a\tb", "   \t^"]);
});

test("a code frame shows two lines before and after a line that exists", () => {
  const source = "one\ntwo\nthree\nfour\nfive\nsix";
  expect(codeFrame(source, 4, 1)).toBe("  2 | two\n  3 | three\n> 4 | four\n    |  ^\n  5 | five\n  6 | six");
  expect(codeFrame(source, 9, 0)).toBeUndefined();
});

test("durations are short on the terminal", () => {
  expect([null, 12, 1234, 61_000, 3_700_000].map(durationText)).toEqual(["", "12ms", "1.2s", "1m 1s", "1h 1m"]);
});

test("migrations are split at statement ends and at the marker of drizzle", () => {
  expect(splitStatements("-- why\nCREATE TABLE a (b TEXT);\n\nCREATE INDEX c ON a (b);\n")).toEqual([
    "CREATE TABLE a (b TEXT)",
    "CREATE INDEX c ON a (b)",
  ]);
  expect(splitStatements("CREATE TABLE a (b);\n--> statement-breakpoint\nCREATE TABLE c (d);")).toEqual([
    "CREATE TABLE a (b)",
    "CREATE TABLE c (d)",
  ]);
});
