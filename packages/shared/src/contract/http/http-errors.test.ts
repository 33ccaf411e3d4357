import { describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../domain/errors.ts";
import { codeOfStatus, errorBodyOf, httpStatusOf } from "./http-errors.ts";

describe("an error over HTTP", () => {
  test.each(ERROR_CODES.filter((code) => code !== "invalid_selection"))("%s keeps its code by the status alone", (code) => {
    expect(codeOfStatus(httpStatusOf(code))).toBe(code);
  });

  test("a gateway's own errors mean that the control plane cannot be reached now", () => {
    expect([502, 503, 504, 522].map(codeOfStatus)).toEqual(["unavailable", "unavailable", "unavailable", "unavailable"]);
  });

  test("a status that the control plane never gives is a wrong request", () => {
    expect([402, 405, 418].map(codeOfStatus)).toEqual(["invalid_input", "invalid_input", "invalid_input"]);
  });

  test("a body is read only when it is one of ours", () => {
    expect(errorBodyOf({ code: "conflict", message: "taken", details: { at: 3 }, more: 1 })).toEqual({
      code: "conflict",
      message: "taken",
      details: { at: 3 },
    });
    for (const other of [null, "text", [], {}, { code: "nginx", message: "x" }, { code: "conflict", message: 4 }])
      expect(errorBodyOf(other)).toBeNull();
  });
});
