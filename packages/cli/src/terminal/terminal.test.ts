import { describe, expect, it } from "vitest";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { collectingTerminal } from "./collecting-terminal.test-support.ts";
import { printError } from "./print-error.ts";

describe("the terminal", () => {
  it("writes results to stdout and progress to stderr", () => {
    const { terminal, out, err } = collectingTerminal();
    terminal.print("result");
    terminal.note("progress");
    terminal.printJson({ not: "shown" });
    expect([out(), err()]).toEqual(["result\n", "progress\n"]);
  });

  it("writes only JSON to stdout with --json, and problems to stderr", () => {
    const { terminal, out, err } = collectingTerminal({ json: true });
    terminal.print("result");
    terminal.note("progress");
    terminal.complain("problem");
    terminal.printJson({ value: 1 });
    expect([out(), err()]).toEqual(['{"value":1}\n', "problem\n"]);
  });

  it("rewrites its status line while a person watches, cut to the width", () => {
    const { terminal, err } = collectingTerminal({ isTTY: true });
    terminal.status("a status that is longer than the line");
    terminal.note("progress");
    expect(err()).toBe("a status that is lo\r\u001b[2Kprogress\n");
  });

  it("shows no status in a pipe or on a build server", () => {
    const piped = collectingTerminal();
    const built = collectingTerminal({ isTTY: true, env: { CI: "1" } });
    for (const { terminal } of [piped, built]) terminal.status("working");
    expect([piped.err(), built.err()]).toEqual(["", ""]);
  });

  it.each([
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, "x"],
    [{ FORCE_COLOR: "1" }, false, "\u001b[31mx\u001b[39m"],
    [{ FORCE_COLOR: "0" }, true, "x"],
    [{ TERM: "dumb" }, true, "x"],
    [{}, true, "\u001b[31mx\u001b[39m"],
    [{}, false, "x"],
  ])("colours a text with %j on a terminal (%s) as %j", (env, isTTY, expected) => {
    expect(collectingTerminal({ isTTY, env }).terminal.colors.red("x")).toBe(expected);
  });
});

describe("an error", () => {
  it("is one sentence, with a caret under a mistake in a selection", () => {
    const { terminal, err } = collectingTerminal();
    const error = new AppError("invalid_selection", "An operand is missing.", { details: { text: "a and", position: 5 } });
    expect(printError(terminal, error, { debug: false })).toBe(2);
    expect(err()).toBe("error: An operand is missing.\n  a and\n       ^\n");
  });

  it("has its stack if it is unexpected", () => {
    const { terminal, err } = collectingTerminal();
    expect(printError(terminal, new TypeError("no such thing"), { debug: false })).toBe(1);
    const text = err();
    expect(text).toContain("error: The headgate command failed unexpectedly: no such thing\n");
    expect(text).toContain("at ");
  });

  it("is one JSON document on stdout with --json", () => {
    const { terminal, out, err } = collectingTerminal({ json: true });
    printError(terminal, new AppError("not_found", "There is no run 'x'."), { debug: false });
    expect([JSON.parse(out()), err()]).toEqual([{ error: { code: "not_found", message: "There is no run 'x'." } }, ""]);
  });
});
