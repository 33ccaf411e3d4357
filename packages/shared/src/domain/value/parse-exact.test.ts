import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactNumber } from "./exact-number.ts";
import { parseExact } from "./parse-exact.ts";

const read = (text: string): unknown => parseExact(text, (written) => exactNumber(written).value);

describe("parsed JSON", () => {
  it.each<[string, unknown]>([
    ["1", 1],
    ["1.0", 1],
    ["-0", -0],
    ["0.1", 0.1],
    ["0.10000000000000001", 0.1],
    ["0.1000000000000000055511151231257827", 0.1],
    ["1e23", 1e23],
    ["1.7976931348623157e+308", Number.MAX_VALUE],
    ["5e-324", Number.MIN_VALUE],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740993", "9007199254740993"],
    ["-12345678901234567890", "-12345678901234567890"],
    ["1180591620717411303424", "1180591620717411303424"],
    ["12345678901234567.89", "12345678901234567.89"],
    ["1e400", "1e400"],
    ["-1e400", "-1e400"],
    ["1e-400", "1e-400"],
    ["1.2345e-320", "1.2345e-320"],
    ["0.0000", 0],
    ["NaN", "NaN"],
    ["Infinity", "Infinity"],
    ["-Infinity", "-Infinity"],
    ['{"a": NaN, "b": [Infinity, -Infinity]}', { a: "NaN", b: ["Infinity", "-Infinity"] }],
    ['["NaN", "x\\"NaN", "\\\\", NaN]', ["NaN", 'x"NaN', "\\", "NaN"]],
    ['{"NaN": NaN, "-Infinity": [-Infinity, -1]}', { NaN: "NaN", "-Infinity": ["-Infinity", -1] }],
    ['{"text": "a, NaN, b", "n": 9007199254740993}', { text: "a, NaN, b", n: "9007199254740993" }],
    ['"\\ud83d"', "\uD83D"],
  ])("JSON that says %s keeps every value exactly or as text", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each(["", "{", "nan", "NaNa", "Infinit", "[1,]", "{'a': 1}", "--Infinity", "+Infinity", "N", '{"a": NaN'])(
    "JSON that is %j is refused",
    (text) => {
      expect(() => read(text)).toThrow(SyntaxError);
    },
  );

  it("a double stays what it was, short or with 17 digits", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        // Integers that long are not known to come from a double.
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) return;
        for (const text of [JSON.stringify(value), value.toPrecision(17), value.toExponential()])
          expect(Number(exactNumber(text).value)).toBe(Number(text));
        expect(exactNumber(value.toExponential(16)).value).toBe(Number(value.toExponential(16)));
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
