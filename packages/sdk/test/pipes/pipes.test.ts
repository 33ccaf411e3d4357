/** Real programs under Pipes: Python with the unmodified `dagster-pipes`, Node, a shell script, and programs that misbehave. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dailyPartitions, defineAsset, defineMultiAsset, type Asset } from "@headgate/sdk";
import { pipesResource, type PipesRunOptions } from "@headgate/sdk/pipes";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { makeFolders, runStep, type StepOptions } from "../run-step.test-support.ts";

const pipes = pipesResource();
const python = join(import.meta.dirname, "../../../../.venv/bin/python");

interface Script {
  readonly name: string;
  readonly text: string;
  readonly with?: Partial<PipesRunOptions>;
}

/** An asset whose function is a script in the step's folder. */
async function scripted(script: Script, options: StepOptions & { readonly partitioned?: boolean } = {}) {
  const folders = options.folders ?? (await makeFolders());
  await writeFile(join(folders.root, script.name), script.text);
  const program = script.name.endsWith(".py") ? python : script.name.endsWith(".sh") ? "sh" : process.execPath;
  const asset: Asset = defineAsset({
    key: "ml/scores",
    requires: [pipes],
    checks: { not_empty: { blocking: true } },
    ...(options.partitioned === true && { partitions: dailyPartitions({ start: "2025-01-01" }) }),
    run: ({ resources }) => resources.pipes.run({ command: [program, script.name], interruptGrace: 2, ...script.with }),
  });
  return await runStep([asset], "ml/scores", {
    folders,
    resources: [pipes],
    env: { PATH: process.env["PATH"] ?? "" },
    ...options,
    job: { assets: ["ml/scores"], ...options.job },
  });
}

function ofType<T extends StepEvent["type"]>(events: readonly StepEvent[], type: T) {
  return events.filter((event): event is Extract<StepEvent, { type: T }> => event.type === type);
}

const WITH_DAGSTER_PIPES = `
import sys
from dagster_pipes import open_dagster_pipes
with open_dagster_pipes() as pipes:
    print("plain output")
    pipes.log.warning(f"extras {pipes.extras['model']} partition {pipes.partition_key} retry {pipes.retry_number}")
    pipes.log.info(str(pipes.partition_time_window))
    pipes.report_asset_check("not_empty", passed=True, severity="WARN", metadata={"rows": 3})
    pipes.report_custom_message({"progress": 0.5})
    pipes.report_asset_materialization(
        metadata={"row_count": 3, "ratio": 1.0, "name": "x", "ok": True, "none": None, "list": [1, 2.0],
                  "doc": {"raw_value": "**b**", "type": "md"}, "at": {"raw_value": 1700000000.5, "type": "timestamp"}},
        data_version="v7",
    )
`;

const PARTITIONED = {
  partitioned: true,
  job: { partition: { key: "2025-01-05", start: Date.UTC(2025, 0, 5), end: Date.UTC(2025, 0, 6) }, attempt: 3 },
};

describe("a program under Pipes", () => {
  it("a program under Pipes written with the unmodified Python library reports everything it has to say", async () => {
    const custom: unknown[] = [];
    const { outcome, events } = await scripted(
      { name: "score.py", text: WITH_DAGSTER_PIPES, with: { extras: { model: "m3" }, onCustomMessage: (payload) => custom.push(payload) } },
      PARTITIONED,
    );
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(ofType(events, "asset_materialized")).toMatchObject([
      {
        asset: "ml/scores",
        partition: "2025-01-05",
        dataVersion: "v7",
        metadata: {
          row_count: { type: "int", value: 3 },
          ratio: { type: "float", value: 1 },
          name: { type: "text", value: "x" },
          ok: { type: "bool", value: true },
          none: { type: "null" },
          list: { type: "json", value: [1, 2] },
          doc: { type: "md", value: "**b**" },
          at: { type: "timestamp", value: 1_700_000_000_500 },
        },
      },
    ]);
    expect(ofType(events, "check_evaluated")).toMatchObject([
      { check: "not_empty", passed: true, severity: "warn", metadata: { rows: { type: "int", value: 3 } } },
    ]);
    const lines = ofType(events, "log").map(({ level, message }) => `${level} ${message}`);
    expect(lines[0]).toBe("warn extras m3 partition 2025-01-05 retry 2");
    expect(lines[1]).toContain("2025-01-05");
    expect(custom).toEqual([{ progress: 0.5 }]);
  });

  it("a program under Pipes sends its messages among its output when it is told to", async () => {
    const { outcome, events } = await scripted(
      {
        name: "score.py",
        text: WITH_DAGSTER_PIPES,
        with: { extras: { model: "m" }, messages: "stderr" },
      },
      PARTITIONED,
    );
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(ofType(events, "asset_materialized")).toHaveLength(1);
  });

  it("a program under Pipes may be a Node script or a shell script", async () => {
    const node = `
      const { appendFileSync, readFileSync } = require("node:fs");
      const { inflateSync } = require("node:zlib");
      const unpack = (name) => JSON.parse(inflateSync(Buffer.from(process.env[name], "base64")));
      const context = JSON.parse(readFileSync(unpack("DAGSTER_PIPES_CONTEXT").path));
      const send = (method, params) =>
        appendFileSync(unpack("DAGSTER_PIPES_MESSAGES").path, JSON.stringify({ __dagster_pipes_version: "0.1", method, params }) + "\\n");
      send("opened", { extras: {} });
      send("report_asset_materialization", { asset_key: context.asset_keys[0], data_version: null, metadata: { run: context.run_id } });
      send("closed", {});
    `;
    const made = await scripted({ name: "score.cjs", text: node });
    expect(ofType(made.events, "asset_materialized")).toMatchObject([{ metadata: { run: { type: "text", value: "r1" } } }]);
    const shell = `
      say() { printf '{"__dagster_pipes_version":"0.1","method":"%s","params":%s}\\n' "$1" "$2" >> "$HEADGATE_PIPES_MESSAGES_FILE"; }
      say opened '{"extras":{}}'
      say log '{"message":"from a shell","level":"INFO"}'
      say report_asset_materialization '{"asset_key":"ml/scores","data_version":null,"metadata":{"row_count":{"raw_value":7,"type":"int"}}}'
      say closed '{}'
    `;
    const { events, outcome } = await scripted({ name: "score.sh", text: shell });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(ofType(events, "asset_materialized")).toMatchObject([{ metadata: { row_count: { type: "int", value: 7 } } }]);
    expect(ofType(events, "log")).toMatchObject([{ message: "from a shell" }]);
  });

  it("a program under Pipes that reports nothing materializes its assets when it ends well", async () => {
    const { outcome, events } = await scripted({ name: "quiet.sh", text: "exit 0" });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(ofType(events, "asset_materialized")).toHaveLength(1);
    expect(ofType(events, "log")).toMatchObject([{ level: "warn" }]);
  });

  it("a program under Pipes may make several assets and report on each", async () => {
    const folders = await makeFolders();
    await writeFile(
      join(folders.root, "both.py"),
      `from dagster_pipes import open_dagster_pipes
with open_dagster_pipes() as pipes:
    pipes.report_asset_materialization(asset_key="a", metadata={"n": 1})
`,
    );
    const multi = defineMultiAsset({
      name: "both",
      outputs: { a: { key: "a" }, b: { key: "b" } },
      requires: [pipes],
      run: ({ resources }) => resources.pipes.run({ command: [python, "both.py"] }) as never,
    });
    const { outcome, events } = await runStep([multi], "multi:both", { folders, resources: [pipes], job: { assets: ["a", "b"] } });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(ofType(events, "asset_materialized").map(({ asset, metadata }) => [asset, metadata])).toEqual([
      ["a", { n: { type: "int", value: 1 } }],
      ["b", {}],
    ]);
  });
});

describe("a program that misbehaves", () => {
  it("a program that misbehaves by throwing fails its asset with its own exception", async () => {
    const text = `from dagster_pipes import open_dagster_pipes
with open_dagster_pipes() as pipes:
    raise KeyError("missing")
`;
    const { outcome, events } = await scripted({ name: "bad.py", text });
    expect(outcome).toMatchObject({ outcome: "failed", retryable: true, failure: { kind: "user_code" } });
    expect(JSON.stringify(outcome)).toContain("KeyError");
    expect(JSON.stringify(outcome)).toContain("exit code 1");
    expect(ofType(events, "asset_failed")).toMatchObject([{ asset: "ml/scores" }]);
  });

  it("a Pipes program that dies or cannot start is named with the reason", async () => {
    const killed = await scripted({ name: "die.sh", text: "echo about to die >&2; kill -9 $$" });
    expect(JSON.stringify(killed.outcome)).toContain("'sh' ended with signal SIGKILL: about to die");
    const unknown = await scripted({ name: "x.sh", text: "", with: { command: ["no-such-program"] } });
    expect(JSON.stringify(unknown.outcome)).toContain("'no-such-program' could not be started");
    const folder = await scripted({ name: "x.sh", text: "", with: { cwd: "/does/not/exist" } });
    expect(JSON.stringify(folder.outcome)).toContain("could not be started");
  });

  it("a program that misbehaves by writing garbage fails, and what it reported before stays", async () => {
    const text = `
      printf '{"__dagster_pipes_version":"0.1","method":"report_asset_materialization","params":{"asset_key":"ml/scores","data_version":null,"metadata":null}}\\n' >> "$HEADGATE_PIPES_MESSAGES_FILE"
      printf 'garbage\\n\\377\\376\\n{"__dagster_pipes_version":"0.1","method":"dance","params":{}}\\n' >> "$HEADGATE_PIPES_MESSAGES_FILE"
    `;
    const { outcome, events } = await scripted({ name: "garbage.sh", text });
    expect(outcome).toMatchObject({ outcome: "failed", failure: { kind: "bad_output" } });
    expect(JSON.stringify(outcome)).toContain("3 lines that cannot be understood as Pipes messages. The first: garbage");
    expect(ofType(events, "asset_materialized")).toHaveLength(1);
  });

  it("a program that misbehaves by a failed blocking check stops what comes after it", async () => {
    const text = `from dagster_pipes import open_dagster_pipes
with open_dagster_pipes() as pipes:
    pipes.report_asset_check("not_empty", passed=False)
`;
    const { outcome } = await scripted({ name: "check.py", text });
    expect(outcome).toMatchObject({ outcome: "failed", failure: { kind: "check_failed" } });
  });

  it("a Pipes step ends with its program, although a child keeps the output open", async () => {
    const text = "echo before; sleep 600 & echo $! > sleeper; echo after";
    const folders = await makeFolders();
    const { outcome, events } = await scripted({ name: "leave.sh", text }, { folders });
    process.kill(Number(await readFile(join(folders.root, "sleeper"), "utf8")));
    expect(outcome).toEqual({ outcome: "succeeded" });
    const said = ofType(events, "log").map(({ message }) => message);
    expect(said).toContainEqual(expect.stringMatching(/^'sh' has ended, but a process that it started keeps its output open/));
  });

  it("a program that ends without closing Pipes fails only by its exit code", async () => {
    const text = `import os
from dagster_pipes import open_dagster_pipes
pipes = open_dagster_pipes()
pipes.report_asset_materialization(metadata={"rows": 3})
os._exit(0)
`;
    const { outcome, events } = await scripted({ name: "unclosed.py", text });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(ofType(events, "asset_materialized")).toMatchObject([{ metadata: { rows: { value: 3 } } }]);
    const said = ofType(events, "log").map(({ message }) => message);
    expect(said).toContainEqual(expect.stringContaining("ended without closing Pipes"));
  });

  it("a Pipes program that never ends is interrupted on cancel, then killed", async () => {
    const abort = new AbortController();
    const marker = `pipes-test-${process.pid}`;
    setTimeout(() => abort.abort(new Error("canceled")), 500);
    const { outcome } = await scripted(
      {
        name: "deaf.sh",
        text: "trap '' INT; while :; do sleep 0.1; done",
        with: { command: ["sh", "deaf.sh", marker], interruptGrace: 0.3 },
      },
      { signal: abort.signal },
    );
    expect(outcome).toEqual({ outcome: "canceled" });
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(`deaf.sh ${marker}`);
  });
});
