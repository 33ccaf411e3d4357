import { describe, expect, it } from "vitest";
import type { StepEvent } from "../domain/run/event.ts";
import { jsonBytes } from "../domain/value/cut-text.ts";
import { MAX_ITEM_BYTES, MAX_METADATA_BYTES } from "./constants.ts";
import { fitEvent, storableMetadata } from "./fit-event.ts";
import { stepEventSchema } from "./step-event.ts";

const column = (index: number, extra: object = {}) => ({ name: `column_${index}`, type: "VARCHAR", ...extra });

describe("metadata", () => {
  it.each<[string, unknown, unknown]>([
    ["text", "a", { type: "text", value: "a" }],
    ["a whole number", 3, { type: "int", value: 3 }],
    ["another number", 0.5, { type: "float", value: 0.5 }],
    ["NaN", Number.NaN, { type: "text", value: "NaN" }],
    ["a bigint beyond 2^53", 2n ** 60n, { type: "text", value: "1152921504606846976" }],
    ["a date", new Date(5), { type: "timestamp", value: 5 }],
    ["a date out of range", new Date(9e15), { type: "text", value: "Invalid Date" }],
    ["nothing", null, { type: "null" }],
    ["an error", new Error("late"), { type: "text", value: "Error: late" }],
    ["a function", () => 1, { type: "text", value: "[function]" }],
    ["a Map", new Map([["a", 1]]), { type: "json", value: { a: 1 } }],
    ["a typed value", { type: "md", value: "**b**" }, { type: "md", value: "**b**" }],
    ["a typed number that is NaN", { type: "float", value: Number.NaN }, { type: "text", value: "NaN" }],
    ["a typed number that is a bigint", { type: "int", value: 5n }, { type: "int", value: 5 }],
    ["an object that looks typed", { type: "text", value: 5 }, { type: "json", value: { type: "text", value: 5 } }],
    ["an object that looks like a table", { type: "table", value: "t" }, { type: "json", value: { type: "table", value: "t" } }],
    ["a typed time that no Date reaches", { type: "timestamp", value: 1e20 }, { type: "json", value: { type: "timestamp", value: 1e20 } }],
    ["an object that looks like null", { type: "null", value: 3 }, { type: "json", value: { type: "null", value: 3 } }],
    ["an object with more than a type", { type: "url", value: "u", a: 1 }, { type: "json", value: { type: "url", value: "u", a: 1 } }],
    ["an object with a type only", { type: "text" }, { type: "json", value: { type: "text" } }],
    ["an object of an inherited type", { type: "toString", value: 1 }, { type: "json", value: { type: "toString", value: 1 } }],
    [
      "columns with fields that are not known",
      { type: "table_schema", value: { columns: [{ name: "a", type: "b", comment: "c" }] } },
      { type: "json", value: { type: "table_schema", value: { columns: [{ name: "a", type: "b", comment: "c" }] } } },
    ],
    [
      "a table with values that JSON cannot hold",
      { type: "table", value: { columns: [column(0)], records: [{ column_0: 2n ** 60n }, { column_0: Number.NaN }] } },
      { type: "table", value: { columns: [column(0)], records: [{ column_0: "1152921504606846976" }, { column_0: "NaN" }] } },
    ],
  ])("metadata that is %s is kept", (_name, given, stored) => {
    const metadata = storableMetadata({ x: given });
    expect(metadata).toEqual({ x: stored });
    expect(stepEventSchema.parse({ type: "asset_observed", asset: "a", metadata })).toEqual({
      type: "asset_observed",
      asset: "a",
      metadata,
    });
  });

  it("metadata that is undefined is left out, and __proto__ is a name", () => {
    expect(storableMetadata({ a: undefined, b: 1 })).toEqual({ b: { type: "int", value: 1 } });
    const odd = storableMetadata(JSON.parse('{"__proto__": 1, "constructor": 2, "": 3}'));
    expect(Object.entries(odd).map(([name]) => name)).toEqual(["__proto__", "constructor", ""]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["1,500 described columns", { columns: schema(1500, { description: "d".repeat(200) }) }, /^columns: descriptions and types shortened$/],
    [
      "20 columns with huge types",
      { columns: schema(20, { type: "STRUCT(".repeat(4000) }) },
      /^columns: long descriptions and types shortened$/,
    ],
    ["20,000 columns", { columns: schema(20_000) }, /^columns: \d+ of 20000 columns kept/],
    ["a long text", { report: { type: "md", value: "é".repeat(300_000) } }, /^report: text cut$/],
    ["a large JSON value", { rows: Array.from({ length: 100_000 }, (_, at) => at) }, /^rows: JSON cut$/],
    [
      "a long table",
      {
        preview: { type: "table", value: { columns: [column(0)], records: Array.from({ length: 50_000 }, (_, at) => ({ column_0: at })) } },
      },
      /^preview: \d+ of 50000 rows kept$/,
    ],
    [
      "much lineage",
      {
        column_lineage: {
          type: "column_lineage",
          value: Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`c${at}`, [{ asset: "a", column: "c" }]])),
        },
      },
      /^column_lineage: lineage of \d+ of 9000 columns kept$/,
    ],
    ["very many entries", Object.fromEntries(Array.from({ length: 12_000 }, (_, at) => [`k${at}`, at])), /\d+ further entries left out$/],
    ["a long name", { ["n".repeat(5000)]: 1 }, /the name had 5000 characters/],
    ["control characters", { text: "\u0000".repeat(100_000) }, /^text: text cut$/],
    ["pairs of long texts", { a: "😀".repeat(60_000), b: "b".repeat(500_000), c: 1 }, /^a: text cut; b: text cut$/],
  ])("metadata of %s is cut and says so", (name, given, said) => {
    const metadata = storableMetadata({ row_count: 7, ...given });
    expect(jsonBytes(metadata)).toBeLessThanOrEqual(MAX_METADATA_BYTES);
    expect(jsonBytes(metadata)).toBeGreaterThan(name === "a long name" ? 0 : MAX_METADATA_BYTES / 16);
    expect(metadata["metadata_cut"]).toMatchObject({ type: "text", value: expect.stringMatching(said) as unknown });
    expect(metadata["row_count"]).toEqual({ type: "int", value: 7 });
    expect(stepEventSchema.safeParse({ type: "asset_observed", asset: "a", metadata }).success).toBe(true);
    expect(storableMetadata(metadata)).toEqual(metadata);
  });

  it("metadata that fits is not touched", () => {
    const metadata = { columns: schema(1000), note: { type: "text" as const, value: "x".repeat(100_000) } };
    expect(storableMetadata(metadata)).toEqual(metadata);
  });
});

describe("a step event", () => {
  it("a step event of any size fits into one item", () => {
    const long = "\u0001é".repeat(500_000);
    const events: unknown[] = [
      { type: "log", level: "info", message: long, fields: { long, nested: { x: 1n } } },
      { type: "log", level: "info", message: { not: "text" }, fields: "no object" },
      { type: "asset_materialized", asset: "a", metadata: { long }, dataVersion: long, durationMs: Number.NaN },
      { type: "asset_observed", asset: "a", metadata: undefined, dataVersion: 7 },
      { type: "check_evaluated", asset: "a", check: "c", passed: true, severity: "warn", description: long, metadata: { long } },
      { type: "asset_skipped", asset: "a", reason: long },
    ];
    for (const event of events) {
      const fitting = fitEvent(event as StepEvent);
      expect(stepEventSchema.safeParse(JSON.parse(JSON.stringify(fitting))).error).toBeUndefined();
      expect(jsonBytes(fitting)).toBeLessThan(MAX_ITEM_BYTES);
    }
  });

  it("data versions that are too long are still told apart", () => {
    const version = (text: string) => fitEvent({ type: "asset_observed", asset: "a", metadata: {}, dataVersion: text });
    expect(version("v".repeat(9000))).toEqual(version("v".repeat(9000)));
    expect(version("v".repeat(9000))).not.toEqual(version(`${"v".repeat(8999)}w`));
  });
});

function schema(count: number, extra: object = {}) {
  return { type: "table_schema" as const, value: { columns: Array.from({ length: count }, (_, index) => column(index, extra)) } };
}
