import { expect, test } from "vitest";
import type { BigintMode } from "../../src/integrations/trino/decode.ts";
import { prepareText, toLiteral } from "../../src/integrations/trino/parameters.ts";
import { signature, startFakeTrino } from "./fake-trino.test-support.ts";
import { openTrino, rejection } from "./open-trino.test-support.ts";

const BIGINT = signature("bigint");
const field = (name: string | undefined, type: unknown): unknown => ({
  ...(name !== undefined && { fieldName: { name } }),
  typeSignature: type,
});

async function rowsOf(columns: readonly (readonly [string, unknown])[], data: string, bigints?: BigintMode): Promise<readonly object[]> {
  const server = await startFakeTrino({ pages: [{}, { columns, data }] });
  const { trino } = await openTrino({ url: server.url });
  return await trino.all("select it", [], { bigints });
}

test("values keep every digit of their type", async () => {
  const columns = [
    ["id", BIGINT],
    ["price", signature("decimal")],
    ["at", signature("timestamp")],
    ["bytes", signature("varbinary")],
    ["ratio", signature("double")],
    ["none", signature("double")],
    ["gone", BIGINT],
    ["yes", signature("boolean")],
  ] as const;
  const row = `[9007199254740993, "12345678901234567890.10", "2025-01-01 00:00:00.123456", "Cv8=", "NaN", 1.5e100, null, true]`;
  expect(await rowsOf(columns, `[${row}]`)).toEqual([
    {
      id: 9007199254740993n,
      price: "12345678901234567890.10",
      at: "2025-01-01 00:00:00.123456",
      bytes: new Uint8Array([10, 255]),
      ratio: Number.NaN,
      none: 1.5e100,
      gone: null,
      yes: true,
    },
  ]);
});

test("arrays, maps and rows are decoded by the types of what they contain", async () => {
  const named = signature("row", field("id", BIGINT), field("bytes", signature("varbinary")));
  const nameless = signature("row", field(undefined, BIGINT), field("b", signature("real")));
  const columns = [
    ["list", signature("array", signature("varbinary"))],
    ["map", signature("map", signature("varchar"), signature("array", BIGINT))],
    ["named", named],
    ["nameless", nameless],
    ["deep", signature("array", named)],
  ] as const;
  const data = `[[["AQ==", null], {"__proto__": [9007199254740993]}, [1, "AQ=="], [2, "Infinity"], [[3, null]]]]`;
  const [row] = await rowsOf(columns, data, "bigint");
  expect(row).toEqual({
    list: [new Uint8Array([1]), null],
    map: Object.fromEntries([["__proto__", [9007199254740993n]]]),
    named: { id: 1n, bytes: new Uint8Array([1]) },
    nameless: [2n, Infinity],
    deep: [{ id: 3n, bytes: null }],
  });
});

test("a bigint becomes what the option says, and never something else silently", async () => {
  const columns = [["n", BIGINT]] as const;
  expect(await rowsOf(columns, "[[7],[9007199254740993]]", "auto")).toEqual([{ n: 7 }, { n: 9007199254740993n }]);
  expect(await rowsOf(columns, "[[7],[-9007199254740993]]", "bigint")).toEqual([{ n: 7n }, { n: -9007199254740993n }]);
  expect(await rowsOf(columns, "[[7]]", "number")).toEqual([{ n: 7 }]);
  expect(await rejection(rowsOf(columns, "[[9007199254740993]]", "number"))).toMatchObject({ name: "BAD_RESULT", retryable: false });
});

test("columns of the same name are all there", async () => {
  const columns = [
    ["id", signature("integer")],
    ["id", signature("integer")],
    ["id_2", signature("integer")],
  ] as const;
  expect(await rowsOf(columns, "[[1,2,3]]")).toEqual([{ id: 1, id_3: 2, id_2: 3 }]);
});

test("parameters become literals that nothing can break out of", () => {
  expect(prepareText("select ?, '?' -- it's\n;\n", ["it's; drop", 1]).text).toBe(
    "EXECUTE IMMEDIATE 'select ?, ''?'' -- it''s' USING 'it''s; drop', 1",
  );
  expect(toLiteral([true, null])).toBe("ARRAY[true, NULL]");
  expect([1, -5, 1.5, Number.NaN, -Infinity, 2 ** 53, -0].map((value) => toLiteral(value))).toEqual([
    "1",
    "-5",
    "1.5E+0",
    "nan()",
    "-infinity()",
    "9.007199254740992E+15",
    "-0E0",
  ]);
  expect(toLiteral(9007199254740993n)).toBe("BIGINT '9007199254740993'");
  expect(toLiteral(10n ** 20n)).toBe("DECIMAL '100000000000000000000'");
  expect(toLiteral(new Date("2025-01-02T03:04:05.678Z"))).toBe("TIMESTAMP '2025-01-02 03:04:05.678'");
  expect(toLiteral(new Uint8Array([0, 255]))).toBe("X'00ff'");
});

test("parameters and statements that Trino cannot take are refused before anything is sent", () => {
  expect(() => toLiteral(10n ** 40n)).toThrow("more digits");
  expect(() => toLiteral(new Date(Number.NaN))).toThrow("invalid Date");
  expect(() => toLiteral({ a: 1 } as never)).toThrow("an object");
  expect(() => prepareText(" ; ", [])).toThrow("empty statement");
  expect(() => prepareText("select ?", ["x".repeat(1_000_000)])).toThrow("Write large data to a table");
});
