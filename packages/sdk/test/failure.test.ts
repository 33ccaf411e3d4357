import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { IndexResult } from "@headgate/shared/protocol/worker.ts";
import { drawFrame } from "../src/runtime/failures/code-frame.ts";
import { toFailure, withoutFolder } from "../src/runtime/failures/failure.ts";

const LOCATION = `import { defineAsset, defineCodeLocation, defineJob } from "@headgate/sdk";
import { divide } from "./math.ts";

const ratio = defineAsset({
  key: "ratio",
  async run() {
    try {
      return divide(1, 0);
    } catch (error) {
      throw new TypeError("ratio failed", { cause: error });
    }
  },
});

export default defineCodeLocation({ name: "broken", assets: [ratio], jobs: [defineJob({ name: "bad", selection: "nobody" })] });
`;
const MATH = `export function divide(a: number, b: number): number {
  interface Nothing {}
  if (b === 0) throw new RangeError("division by zero");
  return a / b;
}
`;
const MAIN = `import { runtime } from "./bundle.js";
const folders = { root: ".", storage: ".", scratch: "." };
const job = { t: "job", run: "r", step: "ratio", epoch: 1, attempt: 1, location: "broken", version: "v", unit: "ratio", assets: [], checks: [], partition: null, tags: {}, timeoutSeconds: null, job: null };
const outcome = await runtime.execute(job, { ...folders, emit() {}, signal: new AbortController().signal, env: {} });
console.log(JSON.stringify({ outcome, index: await runtime.index({ root: process.argv[2], scratch: ".", env: {} }) }));
`;

let folder: string;
let failure: Failure;
let index: IndexResult;

/** As on an agent: the bundle and its map are there, the sources are not. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-failure-"));
  const source = join(folder, "project", "src");
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "location.ts"), LOCATION);
  await writeFile(join(source, "math.ts"), MATH);
  const contents = `import definition from "./src/location.ts";\nimport { createRuntime } from "@headgate/sdk/runtime";\nexport const runtime = createRuntime(definition);`;
  const agent = join(folder, "agent");
  await build({
    stdin: { contents, resolveDir: join(folder, "project"), sourcefile: "entry.js" },
    nodePaths: [resolve(import.meta.dirname, "../../../node_modules")],
    conditions: ["headgate-source"],
    outfile: join(agent, "bundle.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    sourcemap: true,
    keepNames: true,
  });
  await rm(join(folder, "project"), { recursive: true });
  await writeFile(join(agent, "main.mjs"), MAIN);
  const { stdout } = await promisify(execFile)(process.execPath, ["--enable-source-maps", "main.mjs", join(folder, "project")], {
    cwd: agent,
  });
  const answer = JSON.parse(stdout) as { outcome: StepOutcome; index: IndexResult };
  if (answer.outcome.outcome !== "failed") throw new Error(stdout);
  ({ failure } = answer.outcome);
  ({ index } = answer);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a failure of user code in a bundle", () => {
  it("a failure of user code names the user's file and line, not the bundle's", () => {
    expect(failure).toMatchObject({ kind: "user_code", name: "TypeError", message: "TypeError: ratio failed" });
    expect(failure.frames?.[0]).toMatchObject({ file: join(folder, "project/src/location.ts"), line: 10, user: true });
  });

  it("a failure of user code shows its source although the file is gone", () => {
    expect(failure.codeFrame).toContain('> 10 |       throw new TypeError("ratio failed", { cause: error });');
    expect(failure.codeFrame).toMatch(/\n {5}\| {7,}\^\n/);
  });

  it("a failure of user code in a bundle tells the SDK's own frames from the user's", () => {
    const others = failure.frames?.filter((frame) => frame.file.includes("/sdk/src/") || frame.file.startsWith("node:")) ?? [];
    expect(others.length).toBeGreaterThan(0);
    expect(others.every((frame) => !frame.user)).toBe(true);
    expect(failure.frames?.filter((frame) => frame.user).map((frame) => frame.file)).toEqual([join(folder, "project/src/location.ts")]);
  });

  it("a failure of user code in a bundle keeps the cause with its own code frame", () => {
    expect(failure.cause).toMatchObject({ name: "RangeError", message: "RangeError: division by zero" });
    expect(failure.cause?.codeFrame).toContain('> 3 |   if (b === 0) throw new RangeError("division by zero");');
  });

  it("a failure of user code in a bundle has definition errors with places relative to the project", () => {
    expect(index.errors).toMatchObject([
      {
        kind: "invalid_definition",
        file: "src/location.ts",
        line: 15,
        codeFrame: expect.stringContaining("> 15 | export default") as string,
        message: expect.stringContaining('Job "bad"') as string,
      },
    ]);
  });
});

describe("toFailure", () => {
  it("toFailure survives anything that can be thrown", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    for (const thrown of [undefined, null, 0, Symbol("s"), circular, 10n, () => 1]) expect(toFailure(thrown).kind).toBe("user_code");
    const loop = new Error("a");
    loop.cause = loop;
    expect(JSON.stringify(toFailure(loop)).length).toBeLessThan(100_000);
  });

  it("toFailure keeps messages and stacks within what a frame may carry", () => {
    const error = new Error("x".repeat(100_000));
    const { message, stack } = toFailure(error);
    expect(message.length).toBeLessThanOrEqual(20_000);
    expect(stack?.length).toBeLessThanOrEqual(50_000);
  });
});

describe("drawFrame", () => {
  it("drawFrame draws the caret under tabs and stays inside the text", () => {
    expect(drawFrame("a\n\tb c\nd", { line: 2, column: 4 })).toBe("  1 | a\n> 2 | \tb c\n    | \t  ^\n  3 | d");
    expect(drawFrame("only", { line: 2 })).toBeUndefined();
  });
});

it("a failure names files from the project's root, wherever the bundle is", () => {
  const stack =
    "Error: no\n    at run (file:///var/agent/v1/src/a.ts:3:9)\n    at main (/var/agent/v1/b.ts:1:2)\n    at node:internal/x:1:1";
  expect(withoutFolder(stack, "file:///var/agent/v1/")).toBe(
    "Error: no\n    at run (src/a.ts:3:9)\n    at main (b.ts:1:2)\n    at node:internal/x:1:1",
  );
});
