/** Every type of DuckDB as a value of JavaScript, as metadata, and as the value that the next asset reads. */
import { describe, expect, it } from "vitest";
import { defineAsset, materialization, type MetadataInput } from "@headgate/sdk";
import { duckdbResource, type DuckDbParam } from "../../src/integrations/duckdb/index.ts";
import { makeFolders, only, runStep } from "../run-step.test-support.ts";

const text = (value: string) => ({ type: "text", value });
const int = (value: number) => ({ type: "int", value });
const tree = (value: unknown) => ({ type: "json", value });
const time = (iso: string) => ({ type: "timestamp", value: Date.parse(iso) });
const date = (iso: string) => new Date(iso);
const IDES_OF_MARCH = "-000043-03-15T12:00:00.000Z";

/** SQL, value, metadata. */
const VALUES: readonly (readonly [string, unknown, unknown])[] = [
  [
    "union_value(num := 9007199254740993::bigint)",
    { tag: "num", value: 9007199254740993n },
    tree({ tag: "num", value: "9007199254740993" }),
  ],
  ["union_value(t := (1, 'a'))", { tag: "t", value: [1, "a"] }, tree({ tag: "t", value: [1, "a"] })],
  ["'010'::bit", "010", text("010")],
  ["'111111111'::bit", "111111111", text("111111111")],
  ["uuid '00112233-4455-6677-8899-aabbccddeeff'", "00112233-4455-6677-8899-aabbccddeeff", text("00112233-4455-6677-8899-aabbccddeeff")],
  ["'b'::enum('a', 'b')", "b", text("b")],
  ["timetz '10:00:00.000001-05:30'", { micros: 36_000_000_001, offset: -19_800 }, tree({ micros: 36_000_000_001, offset: -19_800 })],
  ["time_ns '10:00:00.123456789'", 36_000_123_456_789, int(36_000_123_456_789)],
  ["timestamp_ns '2025-01-05 12:00:00.123456789'", date("2025-01-05T12:00:00.123Z"), time("2025-01-05T12:00:00.123Z")],
  ["timestamp_s '2025-01-05 12:00:00'", date("2025-01-05T12:00:00Z"), time("2025-01-05T12:00:00Z")],
  ["timestamp_ms '2025-01-05 12:00:00.123'", date("2025-01-05T12:00:00.123Z"), time("2025-01-05T12:00:00.123Z")],
  ["timestamp '1969-12-31 23:59:59.999999'", date("1969-12-31T23:59:59.999Z"), time("1969-12-31T23:59:59.999Z")],
  ["timestamp_ns '1969-12-31 23:59:59.000000001'", date("1969-12-31T23:59:59.000Z"), time("1969-12-31T23:59:59.000Z")],
  ["timestamp_ns 'infinity'", "infinity", text("infinity")],
  ["timestamp_s '-infinity'", "-infinity", text("-infinity")],
  ["timestamp_ms 'infinity'", "infinity", text("infinity")],
  ["timestamp_s '290000-01-01'", "290000-01-01 00:00:00", text("290000-01-01 00:00:00")],
  ["timestamptz '290000-01-01 00:00:00+00'", "290000-01-01 00:00:00+00", text("290000-01-01 00:00:00+00")],
  ["timestamp '290000-01-01 (BC)'", "290000-01-01 (BC) 00:00:00", text("290000-01-01 (BC) 00:00:00")],
  ["timestamp '0044-03-15 (BC) 12:00:00'", date(IDES_OF_MARCH), time(IDES_OF_MARCH)],
  ["date '10000-01-01'", date("+010000-01-01T00:00:00Z"), time("+010000-01-01T00:00:00Z")],
  ["date '5877642-06-25 (BC)'", "5877642-06-25 (BC)", text("5877642-06-25 (BC)")],
  ["18446744073709551615::ubigint", 18446744073709551615n, text("18446744073709551615")],
  ["340282366920938463463374607431768211455::uhugeint", 2n ** 128n - 1n, text("340282366920938463463374607431768211455")],
  [
    "'-123456789012345678901234567890123456789012345'::bignum",
    -123456789012345678901234567890123456789012345n,
    text("-123456789012345678901234567890123456789012345"),
  ],
  ["5::bignum", 5, int(5)],
  ["-0.0::double", -0, int(-0)],
  ["1e308::double * 10", Infinity, text("Infinity")],
  [
    "map {1: 'a', 2: null}",
    [
      { key: 1, value: "a" },
      { key: 2, value: null },
    ],
    tree([
      { key: 1, value: "a" },
      { key: 2, value: null },
    ]),
  ],
  [
    "map {date '2025-01-01': timestamp 'infinity'}",
    [{ key: date("2025-01-01T00:00:00Z"), value: "infinity" }],
    tree([{ key: "2025-01-01T00:00:00.000Z", value: "infinity" }]),
  ],
  ["map {(1, 'a'): 2}", [{ key: [1, "a"], value: 2 }], tree([{ key: [1, "a"], value: 2 }])],
  [
    "[{'price': 12345678901234567.89::decimal(19,2), 'tax': null}]",
    [{ price: "12345678901234567.89", tax: null }],
    tree([{ price: "12345678901234567.89", tax: null }]),
  ],
  ["(1, (2, 'x'))", [1, [2, "x"]], tree([1, [2, "x"]])],
  [
    "list_zip([1, 2], ['a', 'b'])",
    [
      [1, "a"],
      [2, "b"],
    ],
    tree([
      [1, "a"],
      [2, "b"],
    ]),
  ],
  ["[(1, null)]::struct(a int, b int)[]", [{ a: 1, b: null }], tree([{ a: 1, b: null }])],
  ["{'0': 1, '1': 2}", { 0: 1, 1: 2 }, tree({ 0: 1, 1: 2 })],
  ["'\\x00\\xFF'::blob", Buffer.from([0, 255]), text("AP8=")],
  ["''::blob", Buffer.from([]), text("")],
  [
    "interval '1 year 2 days 3 hours'",
    { months: 12, days: 2, micros: 10_800_000_000 },
    tree({ months: 12, days: 2, micros: 10_800_000_000 }),
  ],
  ["interval '-1 month'", { months: -1, days: 0, micros: 0 }, tree({ months: -1, days: 0, micros: 0 })],
  ["[1, null, 3]::integer[3]", [1, null, 3], tree([1, null, 3])],
  ["[]", [], tree([])],
  ["'{\"n\": 12345678901234567890}'::json", '{"n": 12345678901234567890}', text('{"n": 12345678901234567890}')],
  ["chr(128512) || chr(233)", "😀é", text("😀é")],
  ["{'a': timestamp 'infinity', 'b': 1.5}::variant", { a: "infinity", b: 1.5 }, tree({ a: "infinity", b: 1.5 })],
  ["null::struct(a integer)", null, { type: "null" }],
];

const duckdb = duckdbResource({ path: ":memory:" });

it.each(VALUES)("the DuckDB value %s is kept exactly or as text", async (sql, value, metadata) => {
  const folders = await makeFolders();
  let [queried, read]: unknown[] = [];
  const up = defineAsset({
    key: "up",
    requires: [duckdb],
    run: async ({ resources }) => {
      queried = await resources.duckdb.scalar(`select ${sql}`);
      return materialization({ value: [queried], metadata: { given: queried as MetadataInput } });
    },
  });
  const down = defineAsset({ key: "down", inputs: { up }, run: ({ inputs }) => void ([read] = inputs.up) });
  const { outcome, events } = await runStep([up, down], "up", { folders, resources: [duckdb] });
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(queried).toEqual(value);
  expect(only(events, "asset_materialized")[0]?.metadata["given"]).toEqual(metadata);
  expect((await runStep([up, down], "down", { folders, resources: [duckdb] })).outcome).toEqual({ outcome: "succeeded" });
  expect(read).toEqual(value);
});

describe("a parameter of DuckDB", () => {
  const give = async (param: unknown) => {
    let row: unknown;
    const asset = defineAsset({
      key: "a",
      requires: [duckdb],
      run: async ({ resources }) => {
        row = await resources.duckdb.one("select $value as value, typeof(value) as type", { value: param as DuckDbParam });
        expect(await resources.duckdb.one("select ? as value, typeof(value) as type", [param as DuckDbParam])).toEqual(row);
      },
    });
    return { ...(await runStep([asset], "a", { resources: [duckdb] })), row };
  };

  it.each<[string, DuckDbParam, string, unknown?]>([
    ["a whole number", 7, "INTEGER"],
    ["minus zero", -0, "DOUBLE"],
    ["2^40", 2 ** 40, "BIGINT"],
    ["2^53", 2 ** 53, "BIGINT", 9007199254740992n],
    ["2^63 as a number", 2 ** 63, "DOUBLE"],
    ["1e300", 1e300, "DOUBLE"],
    ["NaN", Number.NaN, "DOUBLE"],
    ["minus infinity", -Infinity, "DOUBLE"],
    ["the largest HUGEINT", 2n ** 127n - 1n, "HUGEINT"],
    ["the least HUGEINT", -(2n ** 127n), "HUGEINT"],
    ["bytes", new Uint8Array([0, 255]), "BLOB", Buffer.from([0, 255])],
    ["the last Date", new Date(8.64e15), "TIMESTAMP"],
    ["a Date before 1970", new Date(-1), "TIMESTAMP"],
    ["text with a zero byte", "a\0b", "VARCHAR"],
  ])("a parameter that is %s arrives as it is", async (_name, param, type, value = param) => {
    const { outcome, row } = await give(param);
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(row).toEqual({ value, type });
  });

  it.each<[string, unknown, string]>([
    ["2^127", 2n ** 127n, "the integer 170141183460469231731687303715884105728, which is beyond HUGEINT. Pass it as text"],
    ["an invalid Date", new Date(Number.NaN), "an invalid Date. Pass text, numbers,"],
    ["undefined", undefined, "undefined. Pass text, numbers,"],
    ["an object", { a: 1 }, "an object. Pass text, numbers,"],
    ["a function", () => 1, "a function. Pass text, numbers,"],
  ])("a parameter that is %s is refused by name", async (_name, param, message) => {
    const { outcome } = await give(param);
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining(`Parameter $value of the statement is ${message}`) as string },
    });
  });
});
