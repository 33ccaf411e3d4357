/** What TypeScript code may give as metadata and as a value: kept exactly, kept as text, or refused with a reason, and never changed silently. */
import { describe, expect, it } from "vitest";
import { checkResult, defineAsset, json, materialization, md, observation, table, url, type MetadataRecord } from "@headgate/sdk";
import { makeFolders, only, runStep } from "./run-step.test-support.ts";

class Money {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  get euros(): number {
    return this.#cents / 100;
  }
}
class Point {
  readonly x = 1;
  readonly y = -Infinity;
}
function* three(): Generator<number> {
  yield 3;
}
const circle: unknown[] = [1];
circle.push(circle);
const circularMap = new Map<string, unknown>();
circularMap.set("me", circularMap);
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const closed = new Proxy(
  {},
  {
    get() {
      throw new Error("the connection is closed");
    },
  },
);
// oxlint-disable-next-line no-sparse-arrays -- that is what is tested
const sparse = [1, , 3];
const list = new AggregateError([new Error("eu"), new RangeError("us")], "two regions failed");

describe("metadata", () => {
  const text = (value: string) => ({ type: "text", value });
  const tree = (value: unknown) => ({ type: "json", value });
  it.each<[string, unknown, unknown]>([
    ["a bigint below -2^53", -(2n ** 63n), text("-9223372036854775808")],
    ["the last Date", new Date(8.64e15), { type: "timestamp", value: 8.64e15 }],
    ["the first Date", new Date(-8.64e15), { type: "timestamp", value: -8.64e15 }],
    ["the least number", 5e-324, { type: "float", value: 5e-324 }],
    ["the largest number", Number.MAX_VALUE, { type: "int", value: Number.MAX_VALUE }],
    ["a boxed bigint", Object(5n), text("5")],
    ["an error of several", list, text("AggregateError: two regions failed (Error: eu; RangeError: us)")],
    ["an error of the platform", new DOMException("stopped", "AbortError"), text("AbortError: stopped")],
    ["an error without a message", new TypeError(), text("TypeError")],
    ["a sparse list", sparse, tree([1, null, 3])],
    ["a list that contains itself", circle, tree([1, "[refers to itself]"])],
    ["a Map that contains itself", circularMap, tree({ me: "[refers to itself]" })],
    ["a Map with objects as keys", new Map([[{ a: 1 }, 2n]]), tree([[{ a: 1 }, 2]])],
    ["a list of bytes in a list", [new Uint8Array([0, 255])], tree(["AP8="])],
    ["a view of bytes", new DataView(new ArrayBuffer(2)), text("AAA=")],
    ["shared bytes", new SharedArrayBuffer(1), text("AA==")],
    ["floats", new Float32Array([0.5, Number.NaN]), tree([0.5, "NaN"])],
    ["an address", new URL("https://example.com/é"), text("https://example.com/%C3%A9")],
    ["parameters of an address", new URLSearchParams({ a: "1" }), text("a=1")],
    ["an instance with fields", new Point(), tree({ x: 1, y: "-Infinity" })],
    ["an instance with private fields only", new Money(5), text("[Money]")],
    ["a class", Money, text("[function Money]")],
    ["a generator", three(), text("[Generator]")],
    ["a symbol in a list", [Symbol("s")], tree(["Symbol(s)"])],
    ["toJSON that gives itself", { toJSON: returnThis }, text("[refers to itself]")],
    ["a proxy that is revoked", revoked.proxy, text("[unreadable: Cannot perform 'IsArray' on a proxy that has been revoked]")],
    ["a proxy that throws", closed, text("[unreadable: the connection is closed]")],
    ["a typed float in an int", { type: "int", value: 2n ** 70n }, text("1180591620717411303424")],
    ["a typed time that is text", { type: "timestamp", value: "2025" }, tree({ type: "timestamp", value: "2025" })],
    [
      "a typed time that is a Date",
      { type: "timestamp", value: new Date(5) },
      tree({ type: "timestamp", value: "1970-01-01T00:00:00.005Z" }),
    ],
    ["Markdown that is a number", md(5 as never), tree({ type: "md", value: 5 })],
    ["a link that is an address", url(new URL("https://example.com") as never), { type: "url", value: "https://example.com/" }],
    ["JSON that is undefined", json(undefined), tree(null)],
    [
      "a table with columns that begin empty",
      table([
        { a: null, b: undefined },
        { a: 2n ** 60n, c: new Date(0) },
      ]),
      {
        type: "table",
        value: {
          columns: [
            { name: "a", type: "bigint" },
            { name: "b", type: "" },
            { name: "c", type: "timestamp" },
          ],
          records: [{ a: null }, { a: "1152921504606846976", c: "1970-01-01T00:00:00.000Z" }],
        },
      },
    ],
  ])("metadata that is %s succeeds and is kept", async (_name, given, kept) => {
    const metadata = { given, rows: 1 } as MetadataRecord;
    const asset = defineAsset({
      key: "orders",
      checks: { enough: {} },
      run: () => [
        materialization({ metadata, checks: [checkResult({ name: "enough", passed: true, metadata })] }),
        observation({ asset: "raw", metadata }),
      ],
    });
    const { outcome, events } = await runStep([asset], "orders");
    expect(outcome).toEqual({ outcome: "succeeded" });
    const expected = { given: kept, rows: { type: "int", value: 1 } };
    for (const type of ["asset_materialized", "asset_observed", "check_evaluated"] as const)
      expect(only(events, type).map((event) => event.metadata)).toEqual([expected]);
  });

  it.each<[string, unknown, unknown]>([
    [
      "a Map",
      new Map<unknown, unknown>([
        ["rows", 1],
        [2, "b"],
      ]),
      { rows: { type: "int", value: 1 }, 2: text("b") },
    ],
    ["an instance", new Point(), { x: { type: "int", value: 1 }, y: text("-Infinity") }],
    ["an address", new URL("https://example.com"), { metadata: text("https://example.com/") }],
    ["a list", [1, 2], { metadata: tree([1, 2]) }],
    ["a text", "5 rows", { metadata: text("5 rows") }],
    ["a proxy that throws", closed, {}],
    [
      "a proxy that is revoked",
      revoked.proxy,
      { metadata: text("[unreadable: Cannot perform 'IsArray' on a proxy that has been revoked]") },
    ],
    ["null", null, {}],
  ])("all metadata given as %s is kept", async (_name, metadata, kept) => {
    const asset = defineAsset({ key: "orders", run: () => materialization({ metadata: metadata as MetadataRecord }) });
    const { outcome, events } = await runStep([asset], "orders");
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(only(events, "asset_materialized")).toMatchObject([{ metadata: kept }]);
  });

  it("a getter that throws costs its own entry only", async () => {
    const metadata = {
      rows: 7,
      get size(): number {
        throw new Error("no such file");
      },
    };
    const { events } = await runStep([defineAsset({ key: "orders", run: () => materialization({ metadata }) })], "orders");
    expect(only(events, "asset_materialized")).toMatchObject([
      { metadata: { rows: { type: "int", value: 7 }, size: text("[unreadable: no such file]") } },
    ]);
  });
});

describe("values", () => {
  it.each<[string, unknown]>([
    ["a list that contains itself", circle],
    ["a Map that contains itself", circularMap],
    ["a sparse list", sparse],
    ["a Map with objects as keys", new Map([[{ a: 1 }, new Set([2n])]])],
    ["NaN, the infinities and minus zero", [Number.NaN, Infinity, -Infinity, -0]],
    ["a bigint of 200 bits", -(2n ** 200n)],
    ["a Date out of range", new Date(Number.NaN)],
    ["the last Date", new Date(8.64e15)],
    ["bytes", new Uint8Array([0, 255])],
    ["bytes of Node", Buffer.from("é")],
    ["integers of 64 bits", new BigInt64Array([-(2n ** 63n)])],
    ["a regular expression", /a+/giu],
    ["an error with a cause", new RangeError("late", { cause: new Error("clock") })],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { a: undefined })],
    ["half of a character", "\uD83D\u0000"],
    ["the name __proto__", JSON.parse('{"__proto__": {"a": 1}}')],
    ["an object that looks like typed metadata", { type: "int", value: "7" }],
    ["an empty object in a list", [{}, [], new Map()]],
    ["boxed values", [Object(1), Object("a"), Object(2n)]],
    ["a list of 100,000 rows", Array.from({ length: 100_000 }, (_, id) => ({ id, at: new Date(id) }))],
  ])("the next asset reads %s as it was", async (_name, value) => {
    const folders = await makeFolders();
    const up = defineAsset({ key: "up", run: () => materialization({ value }) });
    let seen: unknown;
    const down = defineAsset({ key: "down", inputs: { up }, run: ({ inputs }) => void (seen = inputs.up) });
    expect((await runStep([up, down], "up", { folders })).outcome).toEqual({ outcome: "succeeded" });
    expect((await runStep([up, down], "down", { folders })).outcome).toEqual({ outcome: "succeeded" });
    expect(seen).toEqual(value);
  });

  it("an instance with fields comes back as an object with these fields", async () => {
    const folders = await makeFolders();
    const up = defineAsset({ key: "up", run: () => new Point() });
    let seen: unknown;
    const down = defineAsset({ key: "down", inputs: { up }, run: ({ inputs }) => void (seen = inputs.up) });
    await runStep([up, down], "up", { folders });
    await runStep([up, down], "down", { folders });
    expect(seen).toStrictEqual({ x: 1, y: -Infinity });
  });

  it.each<[string, unknown, string]>([
    ["an address", new URL("https://example.com"), "an instance of URL would come back as an empty object"],
    ["headers in an object", { headers: new Headers() }, "an instance of Headers would"],
    ["a class with private fields in a Map of lists", new Map([["a", [new Money(5)]]]), "an instance of Money would"],
    ["a class without a name", [Object.create({ constructor: undefined })], "an instance of a class without a name would"],
    ["a file in a Set", new Set([new Blob(["a"])]), "an instance of Blob would"],
    ["the key of a Map", new Map([[new URLSearchParams(), 1]]), "an instance of URLSearchParams would"],
    ["a class", Money, "could not be cloned"],
    ["a symbol", { at: Symbol("s") }, "Symbol(s) could not be cloned"],
    ["a generator in an object", { rows: three() }, "[object Generator] could not be cloned"],
    ["a WeakMap", new WeakMap(), "#<WeakMap> could not be cloned"],
    ["shared bytes", new SharedArrayBuffer(1), "#<SharedArrayBuffer> could not be cloned"],
  ])("a value that would lose %s is refused", async (_name, value, message) => {
    const { outcome, events } = await runStep([defineAsset({ key: "up", run: () => materialization({ value }) })], "up");
    expect(outcome).toMatchObject({
      retryable: false,
      failure: { kind: "bad_output", message: expect.stringContaining(message) as string },
    });
    expect(only(events, "asset_materialized")).toEqual([]);
  });
});

function returnThis(this: unknown): unknown {
  return this;
}
