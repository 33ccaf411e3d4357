/** Bad input, as a person meets it: each mistake gets one clear sentence, nothing of it is applied, and what was good goes on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventRow, RunDetail } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { BROKEN, goodLocation, writeBrokenProfile, writeLab, writeProject } from "./support/bad-project.ts";
import { headgate } from "./support/cli.ts";
import { expireToken } from "./support/expire-token.ts";
import { agentProcess, pythonEnv } from "./support/programs.ts";
import { hello, rawAgent } from "./support/raw-agent.ts";
import { allEvents } from "./support/run-audit.ts";
import { freePort, openApi, removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

describe("bad input", () => {
  const folder = temporaryFolder("bad-input");
  const lab = join(folder, "lab");
  const many = join(folder, "many");
  let stack: Stack;
  beforeAll(async () => {
    writeLab(lab);
    stack = await startStack({ project: lab, data: join(folder, "data") });
  }, 90_000);
  afterAll(async () => {
    await stack?.stop();
    removeFolder(folder);
  });

  describe("a launch", () => {
    it.concurrent.each([
      ["an unknown name", "good/onne", 'There is no job and no asset "good/onne". Did you mean good/one'],
      ["a mistyped job", "gods", 'There is no job and no asset "gods". Did you mean goods'],
      [
        "a selection of nothing",
        "group:nowhere",
        "The selection group:nowhere contains no asset. Nothing matches group:nowhere. `headgate assets` lists what there is.",
      ],
      [
        "a selection that does not parse",
        "good/* or or x",
        'Selection, character 11: unexpected "or". Expected an asset key, key:, group:, tag:, owner:, kind:, *, not, +, roots(, sinks(, (.\n  good/* or or x\n            ^',
      ],
      [
        "a selection that ends too early",
        "good/* and (",
        "Selection, character 13: the text ends too early. Expected an asset key, key:, group:, tag:, owner:, kind:, *, not, +, roots(, sinks(, (.\n  good/* and (\n              ^",
      ],
    ])("%s is refused in one sentence with its place", async (_what, target, sentence) => {
      const result = await headgate(["run", target], { stack });
      expect(result.stderr).toContain(`error: ${sentence}`);
      expect(result).toMatchObject({ code: 2, stdout: "" });
    });

    it("over the API names the job, its neighbours and the position", async () => {
      await expect(stack.api.runs.launch.mutate({ target: { job: "godos" } })).rejects.toThrow(
        'There is no job "godos". Did you mean goods?',
      );
      await expect(stack.api.runs.launch.mutate({ target: { job: "zzzzzzzz" } })).rejects.toThrow("The jobs are goods.");
      await expect(stack.api.runs.launch.mutate({ target: { job: "goods", location: "elsewhere" } })).rejects.toThrow(
        'Code location elsewhere has no job "goods"; it is defined in lab.',
      );
      await expect(stack.api.runs.launch.mutate({ target: { selection: "a and (" } })).rejects.toMatchObject({
        data: { body: { code: "invalid_selection", details: { position: 7 } } },
      });
      await expect(stack.api.runs.launch.mutate({ target: { selection: "good/one", partition: "2024-01-01" } })).rejects.toThrow(
        "no selected asset is partitioned",
      );
      const unreadable = await fetch(`${stack.url}/api/local/dev/trpc/runs.launch`, {
        method: "POST",
        body: "{",
        headers: { authorization: `Bearer ${stack.token}`, "content-type": "application/json" },
      });
      expect(await unreadable.json()).toMatchObject({
        error: { data: { body: { code: "invalid_input", message: expect.stringContaining("not JSON") } } },
      });
    });

    it("a refused launch leaves no run behind", async () => {
      expect((await stack.api.runs.list.query({})).items).toEqual([]);
    });
  });

  describe("a run", () => {
    let detail: RunDetail;
    let events: readonly EventRow[];
    beforeAll(async () => {
      const run = await stack.api.runs.launch.mutate({ target: { selection: "* and not good/slow" } });
      detail = await ended(stack, run.id);
      events = await allEvents(stack.api, run.id);
    }, 90_000);
    const failureOf = (key: string) => detail.steps.find((step) => step.key === key)?.failure;

    it.each([
      ["bad/value", "bad_output", `The value of asset "bad/value" cannot be stored: () => 1 could not be cloned. Return plain data`],
      [
        "bad/killed",
        "out_of_memory",
        "The worker process was killed (signal SIGKILL), most often because the machine or container had no memory left.",
      ],
      [
        "bad/exits",
        "worker_died",
        "The worker process ended without a result (exit code 3). Code that runs in it must throw an error instead of calling process.exit().",
      ],
      ["bad/throws", "user_code", "TypeError: the price is missing"],
    ])("with %s fails that step only, as %s, and says why", (key, kind, sentence) => {
      expect(failureOf(key)).toMatchObject({ kind, message: expect.stringContaining(sentence) });
      expect(events.filter((event) => event.step === key && event.event.type === "asset_materialized")).toEqual([]);
    });

    it.each([
      ["bad/function", { entry: { type: "text", value: "[function]" } }],
      ["bad/circle", { entry: { type: "json", value: { self: "[refers to itself]" } } }],
      ["bad/nan", { entry: { type: "text", value: "NaN" } }],
      ["bad/large", { metadata_cut: { type: "text", value: "entry: text cut" } }],
    ])("with odd metadata of %s materializes it all the same", (key, metadata) => {
      expect(failureOf(key)).toBeNull();
      const made = events.filter((event) => event.step === key).map(({ event }) => event);
      expect(made).toContainEqual(
        expect.objectContaining({ type: "asset_materialized", metadata: expect.objectContaining(metadata) as unknown }),
      );
    });

    it("skips what is downstream of a failure and does the rest", () => {
      const statuses = Object.fromEntries(detail.steps.map((step) => [step.key, step.status]));
      expect(statuses).toMatchObject({ "bad/below": "skipped", "good/one": "succeeded", "bad/long_line": "succeeded" });
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    });

    it("shows where the user's code threw, with paths of the project", () => {
      const failure = failureOf("bad/throws");
      expect(failure?.frames?.find((frame) => frame.user)).toMatchObject({ file: "lab.ts" });
      expect(failure?.codeFrame).toMatch(/> +\d+ \| {3}throw new TypeError/);
    });

    it("shows a dead worker's last words and nothing of steps before it", () => {
      expect(failureOf("bad/killed")?.stack).toBe("last words");
      expect(failureOf("bad/exits")?.stack ?? "").not.toContain("headgate:end");
    });

    it("cuts a log line over the limit and says so", () => {
      const [line] = events.flatMap((event) => (event.step === "bad/long_line" && event.event.type === "log" ? [event.event.message] : []));
      expect(line).toMatch(/^y{1000,}… \[\d+ of \d+ characters cut\]$/);
    });

    it("a dbt model's error comes with the database's message and SQL", async () => {
      const failed = events.flatMap(({ event }) => (event.type === "asset_failed" && event.asset === "broken" ? [event.failure] : []));
      expect(failed).toMatchObject([
        {
          kind: "dbt",
          message: expect.stringContaining('Referenced column "no_such_column" not found'),
          source: { language: "sql", text: expect.stringContaining('from "warehouse"."main"."sound"') },
        },
      ]);
      const materialized = events.flatMap(({ event }) => (event.type === "asset_materialized" ? [event.asset] : []));
      expect(materialized).toContain("sound");
      expect(materialized).not.toContain("below");
      const { stdout } = await headgate(["logs", detail.run.id], { stack });
      expect(stdout).toContain(`the SQL that ran:\n    select id, no_such_column + 1 as price from "warehouse"."main"."sound"`);
      expect(stdout).toMatch(/at lab\.ts:\d+\n[^]*> +\d+ \| {3}throw new TypeError/);
    });
  });

  describe("a code location that does not load", () => {
    let errors: ReadonlyMap<string, readonly LoadError[]>;
    let text: string;
    beforeAll(async () => {
      writeProject(many, [...BROKEN.map(({ name }) => goodLocation(name)), goodLocation("fine")]);
      const first = await headgate(["publish", "--project", many], { stack });
      if (first.code !== 0) throw new Error(`the good state was not published:\n${first.stdout}${first.stderr}`);
      writeProject(many, [...BROKEN, goodLocation("fine", 2)]);
      const second = await headgate(["publish", "--project", many], { stack });
      expect(second.code).toBe(1);
      text = second.stdout;
      errors = new Map((await stack.api.locations.list.query()).map((location) => [location.name, location.errors]));
    }, 90_000);

    it.each([
      ["syntax", "syntax", "syntax.ts", 'Expected "}" but found ")"'],
      ["missing", "missing_package", "missing.ts", "The package 'no-such-package-here' is not installed."],
      ["throws", "threw", "throws.ts", "RangeError: the settings have no section 'prod'"],
      ["slow", "timeout", undefined, "Loading took longer than 1 seconds and was stopped."],
      ["exportless", "invalid_definition", "exportless.ts", "exportless.ts has no default export."],
      [
        "named",
        "invalid_definition",
        "named.ts",
        "headgate.config.ts calls this code location 'named', but named.ts defines the code location 'other'.",
      ],
      [
        "taken",
        "invalid_definition",
        "taken.ts",
        "fine/one is already defined by code location fine. An asset belongs to one code location: rename or remove one of them.",
      ],
    ])("(%s) says so in the CLI and in the API", (name, kind, file, message) => {
      expect(errors.get(name)).toMatchObject([{ kind, message, ...(file !== undefined && { file }) }]);
      expect(text).toContain(`✗ ${name} does not load; the version before stays active`);
      expect(text).toContain(message);
    });

    it("a place comes with its code, a stack without our own frames", () => {
      expect(errors.get("syntax")?.[0]?.codeFrame).toContain('> 2 | const one = defineAsset({ key: "syntax/one", run: () => 1 );');
      const [thrown] = errors.get("throws") ?? [];
      expect(thrown?.codeFrame).toContain("> 3 |   throw new RangeError(");
      expect(thrown?.stack?.split("\n").slice(1)).toEqual([
        "    at settings (throws.ts:3:9)",
        expect.stringMatching(/^ {4}at .*throws\.ts:5:\d+\)?$/),
      ]);
      expect(errors.get("slow")?.[0]?.stack).toContain("connecting");
    });

    it("every mistake of the definitions is told at once, with its line", () => {
      expect(errors.get("invalid")?.map(({ line, message }) => [line, message.split("\n")[0]])).toEqual([
        [4, 'Asset "invalid/a" is defined twice; the other definition is at invalid.ts:2. Keep one or rename it.'],
        [2, "Assets depend on each other in a cycle: invalid/a -> invalid/b -> invalid/a. Remove one of these dependencies."],
        [5, expect.stringContaining('Job "unreadable": Selection, character 20: the text ends too early. Expected an asset key,')],
        [6, 'Job "none": the selection group:nowhere selects no asset that can be materialized: nothing matches group:nowhere.'],
        [7, expect.stringContaining('"61 * * * *" is not a cron expression: "61" in the minute field is not between 0 and 59.')],
      ]);
    });

    it("keeps its last good version active and does not stop the others", async () => {
      const locations = await stack.api.locations.list.query();
      for (const { name } of BROKEN)
        expect(locations.find((location) => location.name === name)).toMatchObject({ status: "unavailable", active: { number: 1 } });
      expect(locations.find((location) => location.name === "fine")).toMatchObject({ status: "loaded", active: { number: 2 } });
      const run = await stack.api.runs.launch.mutate({ target: { selection: "syntax/one" } });
      expect((await ended(stack, run.id)).run.status).toBe("succeeded");
    });

    it("is active again after a good publish, and a rollback activates the version before", async () => {
      const back = await headgate(["location", "rollback", "fine"], { stack });
      expect(back.stdout).toContain("fine is back at version 1: 1 asset");
      expect((await headgate(["location", "rollback", "fine", "--to", "99"], { stack })).stderr).toContain(
        "The code location 'fine' has no version 99.",
      );
      expect((await stack.api.locations.list.query()).find((location) => location.name === "fine")?.active?.number).toBe(1);
    });

    it("names a dbt profile that does not work and what to do", async () => {
      const project = join(folder, "profile");
      writeBrokenProfile(project);
      const result = await headgate(["publish", "--project", project], { stack });
      expect(result.code).toBe(1);
      expect(result.stdout).toContain('The dbt project in "warehouse" cannot be read.');
      expect(result.stdout).toContain("Could not find adapter type duckbd!");
      expect(result.stdout).toMatch(/what to do: .*pip install dbt-duckbd/);
    });
  });

  describe("an agent", () => {
    const createToken = (name: string) => stack.api.tokens.create.mutate({ name, kind: "agent" });

    it("with a wrong token is refused and ends, saying what to do", async () => {
      const { code, output } = await agentProcess(stack.url, `hg_agent_${"x".repeat(43)}`, join(folder, "agent-wrong"));
      expect(code).toBe(3);
      expect(output).toContain("The agent token is wrong, expired or revoked. Make a new one on the dashboard's Agents page. It says: ");
      expect(output).not.toContain('{\\"error');
    });

    it("with an API token is told which kind it needs", async () => {
      const { code, output } = await agentProcess(stack.url, stack.token, join(folder, "agent-api"));
      expect(code).toBe(3);
      expect(output).toContain("use an agent token");
    });

    it("ends when its token is revoked while it is connected", async () => {
      const { secret: token, view } = await createToken("to be revoked");
      const running = agentProcess(stack.url, token, join(folder, "agent-revoked"));
      await until(
        "the agent is online",
        async () => (await stack.api.agents.list.query()).filter((agent) => agent.status === "connected").length === 2,
      );
      await stack.api.tokens.revoke.mutate({ id: view.id });
      const { code, output } = await running;
      expect(code).toBe(3);
      expect(output).toContain("The agent token is wrong, expired or revoked.");
    });

    it("with an expired token is refused", async () => {
      const { secret: token, view } = await stack.api.tokens.create.mutate({ name: "expired", kind: "agent", expiresInDays: 1 });
      expireToken(join(stack.data, "state/d1"), view.id);
      const end = await rawAgent(stack.url, token, [hello()]);
      expect(end).toMatchObject({ status: 401, frames: [] });
      expect(end.body).toContain("expired");
    });

    it("an agent of another version is told which versions fit", async () => {
      const { secret: token } = await createToken("versions");
      const newer = await rawAgent(stack.url, token, [hello({ protocol: { min: 7, max: 9 } })]);
      expect(newer.code).toBe(4026);
      expect(newer.frames).toMatchObject([{ t: "error", code: "unsupported_version", message: expect.stringMatching(/7.*9/) }]);
      const other = await rawAgent(stack.url, token, [hello()], "headgate.agent.v99");
      expect(other).toMatchObject({ status: 426, frames: [] });
      expect(other.body).toContain("headgate.agent.v99");
    });

    it.each([
      ["no JSON", ["{"], 4002],
      ["a batch before hello", [{ t: "batch", items: [{ k: "location", s: 1, location: "lab", version: "v", state: "ready" }] }], 4002],
      ["a hello without an instance", [{ t: "hello", protocol: { min: 1, max: 1 } }], 4002],
      ["a report of another shape", [hello(), { t: "batch", items: [{ k: "done", s: 1 }] }], 4002],
      [
        "a gap in the numbers",
        [hello(), { t: "batch", items: [{ k: "location", s: 5, location: "lab", version: "v", state: "ready" }] }],
        4002,
      ],
      ["a frame over the size limit", [hello(), "x".repeat(1_500_000)], 4013],
    ])("%s closes the connection with a reason and disturbs no other", async (_what, frames, code) => {
      const { secret: token } = await createToken("malformed");
      const end = await rawAgent(stack.url, token, frames);
      expect(end.code).toBe(code);
      expect(end.reason.length).toBeGreaterThan(5);
    });

    it("unknown additions of an agent are accepted", async () => {
      const { secret: token, view } = await createToken("future");
      const ending = rawAgent(stack.url, token, [hello(), { t: "telepathy" }]);
      await new Promise((wake) => setTimeout(wake, 500));
      await stack.api.tokens.revoke.mutate({ id: view.id });
      expect(await ending).toMatchObject({ code: 4003, frames: [{ t: "welcome" }] });
    });
  });

  describe("a client", () => {
    it.each([
      ["without a token", undefined, 401, "this needs a session or a token"],
      ["with something that is no token", "nonsense", 401, "this is not a token of Headgate"],
      ["with a token that does not exist", `hg_api_${"x".repeat(43)}`, 401, "token"],
    ])("%s is refused", async (_what, token, status, sentence) => {
      const answer = await fetch(`${stack.url}/api/local/dev/trpc/home.get`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
      expect(answer.status).toBe(status);
      expect(await answer.text()).toContain(sentence);
    });

    it("a client with a revoked token is refused from then on", async () => {
      const { secret: token, view } = await stack.api.tokens.create.mutate({ name: "reader", kind: "api", role: "viewer" });
      const reader = openApi(stack.url, stack.deployment, token);
      await reader.home.get.query();
      await expect(reader.runs.launch.mutate({ target: { job: "goods" } })).rejects.toThrow(/needs the role 'launcher'/);
      await stack.api.tokens.revoke.mutate({ id: view.id });
      const refused = await headgate(["assets"], { stack, env: { HEADGATE_TOKEN: token } });
      expect(refused).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error: the token was revoked; make a new one .*Agents page/) as unknown,
      });
    });

    it("a client of another version is told to reload", async () => {
      const socket = new (await import("ws")).WebSocket(`${stack.url.replace("http", "ws")}/api/local/dev/live`, {
        headers: { authorization: `Bearer ${stack.token}` },
      });
      const frames: string[] = [];
      socket.on("message", (data: Buffer) => frames.push(data.toString()));
      socket.on("open", () => socket.send(JSON.stringify({ t: "hello", version: 99, since: null })));
      const code = await new Promise((done) => socket.once("close", done));
      expect(code).toBe(4026);
      expect(frames.join()).toMatch(/speaks live version \d+, the page 99/);
    });
  });

  describe("headgate dev", () => {
    it.concurrent("says that its port is in use", async () => {
      const { port } = new URL(stack.url);
      const result = await headgate(["dev", "--project", lab, "--data", join(folder, "second"), "--port", port]);
      expect(result).toMatchObject({
        code: 2,
        stderr: `error: Port ${port} on 127.0.0.1 is in use by another program. Choose another one with --port.\n`,
      });
    });

    it.concurrent("says that another instance uses its folder", async () => {
      const result = await headgate(["dev", "--project", lab, "--data", stack.data, "--port", String(await freePort())]);
      expect(result.stderr).toContain(`The data folder ${stack.data} is used by another headgate (process ${stack.process.pid}).`);
      expect(result.code).not.toBe(0);
    });

    it.concurrent("says that it may not write to its folder", async () => {
      const data = join(folder, "read-only");
      mkdirSync(data, { mode: 0o555 });
      const args = [
        "dev",
        "--project",
        lab,
        "--data",
        process.getuid?.() === 0 ? "/sys/headgate" : data,
        "--port",
        String(await freePort()),
      ];
      const result = await headgate(args, { timeoutMs: 30_000 });
      expect(result.stderr).toMatch(
        /error: No permission to write to the data folder .*\. Give yourself write permission, or choose another one with --data\./,
      );
      expect(result.code).toBe(2);
    });
  });

  it("a machine without Python is told what to install", async () => {
    const missing = await pythonEnv(folder, join(folder, "no-python"));
    expect(missing).toMatchObject({
      code: 2,
      output: expect.stringContaining("which is no Python interpreter; Headgate's example needs Python 3.10 or newer for dbt."),
    });
    const old = join(folder, "old-python");
    writeFileSync(old, "#!/bin/sh\necho 3 8 2 1 1\n", { mode: 0o755 });
    expect((await pythonEnv(folder, old)).output).toContain(`${old}, which is Python 3.8.2;`);
  });

  it("after all of it the stack still works", async () => {
    const run = await stack.api.runs.launch.mutate({ target: { job: "goods" } });
    expect((await ended(stack, run.id)).run).toMatchObject({ status: "succeeded", materialized: 2 });
    expect((await stack.api.agents.list.query()).filter((agent) => agent.status === "connected")).toHaveLength(1);
  });
});

function ended(stack: Stack, run: string): Promise<RunDetail> {
  return until(`run ${run} ends`, async () => {
    const detail = await stack.api.runs.get.query({ run });
    return isTerminalRun(detail.run.status) ? detail : null;
  });
}
