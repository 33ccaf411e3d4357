/** What programs in any language may write into their messages: every value is exact, or text, and none fails the step. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defineAsset } from "@headgate/sdk";
import { pipesResource } from "@headgate/sdk/pipes";
import { makeFolders, only, runStep } from "../run-step.test-support.ts";

const pipes = pipesResource();
const MARK = '"__dagster_pipes_version":"0.1"';
const text = (value: string) => ({ type: "text", value });
const int = (value: number) => ({ type: "int", value });
const float = (value: number) => ({ type: "float", value });
const tree = (value: unknown) => ({ type: "json", value });

/** A program that writes these lines as they are. */
async function program(lines: readonly string[]) {
  const folders = await makeFolders();
  const custom: unknown[] = [];
  await writeFile(join(folders.root, "lines.txt"), `${lines.join("\n")}\n`);
  const asset = defineAsset({
    key: "ml/scores",
    requires: [pipes],
    run: ({ resources }) =>
      resources.pipes.run({
        command: ["sh", "-c", 'cat lines.txt >> "$HEADGATE_PIPES_MESSAGES_FILE"'],
        onCustomMessage: (payload) => void custom.push(payload),
      }),
  });
  const env = { PATH: process.env["PATH"] ?? "" };
  return { ...(await runStep([asset], "ml/scores", { folders, resources: [pipes], env, job: { assets: ["ml/scores"] } })), custom };
}

const message = (method: string, params: string) => `{${MARK},"method":"${method}","params":${params}}`;
const nested = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;

/** JSON as it is written, metadata, and the payload of a custom message where that is another value. */
const VALUES: readonly (readonly [string, unknown, unknown])[] = [
  ["-9223372036854775809", text("-9223372036854775809"), -9223372036854775809n],
  [
    '[NaN, [-Infinity, {"a": [Infinity]}]]',
    tree(["NaN", ["-Infinity", { a: ["Infinity"] }]]),
    [Number.NaN, [-Infinity, { a: [Infinity] }]],
  ],
  ["1E5", float(100_000), 100_000],
  ["1e+2", float(100), 100],
  ["-0.0", float(-0), -0],
  ["-0", int(-0), -0],
  ["2.5e-8", float(2.5e-8), 2.5e-8],
  ["1E400", text("1E400"), Infinity],
  ["3.141592653589793238462643", text("3.141592653589793238462643"), Math.PI],
  ["123456789.123456789123", text("123456789.123456789123"), 123456789.12345679],
  ['{"a": 1, "a": 2}', tree({ a: 2 }), { a: 2 }],
  ['"\\ud83d"', text("\uD83D"), "\uD83D"],
  ['"\\u0000\\u2028NaN"', text("\u0000\u2028NaN"), "\u0000\u2028NaN"],
  ['{"": {"__proto__": 1}}', tree(JSON.parse('{"": {"__proto__": 1}}')), JSON.parse('{"": {"__proto__": 1}}')],
  ['{"raw_value": 1, "type": "float"}', float(1), { raw_value: 1, type: "float" }],
  ['{"raw_value": "12", "type": "int"}', text("12"), { raw_value: "12", type: "int" }],
  ['{"raw_value": NaN, "type": "timestamp"}', text("NaN"), { raw_value: Number.NaN, type: "timestamp" }],
  ['{"raw_value": 1e20, "type": "timestamp"}', float(1e20), { raw_value: 1e20, type: "timestamp" }],
  ['{"raw_value": "2025-01-05", "type": "timestamp"}', text("2025-01-05"), { raw_value: "2025-01-05", type: "timestamp" }],
  ['{"raw_value": 7, "type": "text"}', text("7"), { raw_value: 7, type: "text" }],
  ['{"raw_value": "yes", "type": "bool"}', text("yes"), { raw_value: "yes", type: "bool" }],
  [
    '{"raw_value": {"a": 9007199254740993}, "type": "unheard_of"}',
    tree({ a: "9007199254740993" }),
    { raw_value: { a: 9007199254740993n }, type: "unheard_of" },
  ],
  ['{"raw_value": [1], "type": "url"}', { type: "url", value: "[1]" }, { raw_value: [1], type: "url" }],
  [
    '{"raw_value": ["ml", "scores"], "type": "asset"}',
    { type: "asset", value: "ml/scores" },
    { raw_value: ["ml", "scores"], type: "asset" },
  ],
  ['{"type": "int", "value": 3}', tree({ type: "int", value: 3 }), { type: "int", value: 3 }],
  [
    '{"raw_value": {"records": [1, {"a": 2}]}, "type": "table"}',
    tree({ records: [1, { a: 2 }] }),
    { raw_value: { records: [1, { a: 2 }] }, type: "table" },
  ],
  ['{"raw_value": {"fields": []}, "type": "table_schema"}', tree({ fields: [] }), { raw_value: { fields: [] }, type: "table_schema" }],
];

it.each(VALUES)("a Pipes program that reports %s keeps it", async (json, metadata, payload) => {
  const { outcome, events, custom } = await program([
    message("opened", "{}"),
    message("report_custom_message", `{"payload": ${json}}`),
    message("report_asset_materialization", `{"asset_key": "ml/scores", "metadata": {"given": ${json}, "rows": 1}}`),
    message("closed", "{}"),
  ]);
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(only(events, "asset_materialized").map((event) => event.metadata)).toEqual([{ given: metadata, rows: int(1) }]);
  expect(custom).toEqual([payload]);
});

it("the columns of a Pipes table keep their tags and constraints", async () => {
  const column =
    '{"name": "id", "type": "int", "description": "d", "constraints": {"nullable": false, "unique": true, "other": ["> 0"]}, "tags": {"pii": "no"}}';
  const { events } = await program([
    message("report_asset_materialization", `{"metadata": {"columns": {"raw_value": {"columns": [${column}]}, "type": "table_schema"}}}`),
  ]);
  const columns = [{ name: "id", type: "int", description: "d", nullable: false, unique: true, tags: { constraints: "> 0", pii: "no" } }];
  expect(only(events, "asset_materialized")[0]?.metadata).toEqual({ columns: { type: "table_schema", value: { columns } } });
});

it("a Pipes value of 900 levels is cut and says so", async () => {
  const { outcome, events } = await program([message("report_asset_materialization", `{"metadata": {"given": ${nested(900)}}}`)]);
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(JSON.stringify(only(events, "asset_materialized")[0]?.metadata)).toContain("[nested deeper than 100 levels]");
});

it("a Pipes message of 100,000 levels is left out with a warning", async () => {
  const { outcome, events } = await program([message("report_asset_materialization", `{"metadata": {"given": ${nested(100_000)}}}`)]);
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(only(events, "asset_materialized")).toMatchObject([{ asset: "ml/scores", metadata: {} }]);
  expect(only(events, "log").map(({ message: said }) => said)).toContainEqual(
    expect.stringContaining("nests lists and objects more than 1000 levels deep, which is left out"),
  );
});
