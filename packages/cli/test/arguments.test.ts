import { createServer } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { headgate } from "./command-line.test-support.ts";
import { temporaryFolder, temporaryProject } from "./project.test-support.ts";

const COMMANDS = [
  "init",
  "dev",
  "validate",
  "publish",
  "run",
  "runs",
  "runs show",
  "runs cancel",
  "runs reexecute",
  "logs",
  "assets",
  "location list",
  "location versions",
  "location rollback",
  "login",
  "agent",
  "doctor",
  "sensor webhook revoke",
  "sensor release",
  "condition list",
  "condition evaluation",
  "condition pause",
];

test.each(COMMANDS)("%s has a help text and --json", async (command) => {
  const result = await headgate([...command.split(" "), "--help"], { cwd: "/" });
  expect(result).toMatchObject({ code: 0, stderr: "" });
  expect(result.stdout).toContain(`Usage: headgate ${command}`);
  expect(result.stdout).toContain("--json");
});

test.each([
  [["nosuch"], "unknown command 'nosuch'"],
  [["dev", "--nosuch"], "unknown option '--nosuch'"],
  [["dev", "--port", "70000"], "whole number from 1 to 65535"],
  [["dev", "--slots", "0"], "whole number above 0"],
  [["run"], "Say what to run"],
  [["run", "a", "--select", "b"], "Give one selection: either 'a' or --select 'b'"],
  [["assets", "a", "-s", "b"], "Give one selection"],
  [["runs", "--limit", "501"], "At most 500"],
  [["runs", "--status", "done", "--url", "http://127.0.0.1:9", "--token", "x"], "'done' is not a run status"],
  [["run", "x", "--tag", "novalue"], "must have the form key=value"],
  [["run", "x", "--config", "/nowhere.json"], "/nowhere.json cannot be read"],
  [["publish", "--project", "/nowhere"], "There is no folder /nowhere"],
  [["runs", "--url", "ftp://x", "--token", "t"], "is not an http or https address"],
  [["runs", "--url", "http://127.0.0.1:9"], "No API token"],
  [["runs", "--url", "http://127.0.0.1:9", "--token", "t", "--deployment", "justone"], "write <organization>/<deployment>"],
  [["runs"], "There is no control plane to talk to"],
  [["condition", "pause"], "one of --all, --location <name> and --asset <key>"],
  [["condition", "resume", "--all", "--asset", "a"], "one of --all, --location <name> and --asset <key>"],
  [["condition", "pause", "--all", "--for", "soon"], "a duration like 30m, 8h or 7d"],
  [["condition", "pause", "--all", "--until", "soon"], "'soon' is not a time"],
  [["condition", "pause", "--all", "--for", "8h", "--until", "2099-01-01"], "--for or --until"],
  [["partitions", "show", "a", "--state", "done"], "One of missing, materialized, failed, in_progress"],
  [["agent"], "No control plane address"],
  [["agent", "--url", "http://127.0.0.1:9"], "No agent token"],
  [["agent", "--url", "http://127.0.0.1:9", "--token", "hg_api_x"], "This is an API token (hg_api_...), which agents cannot use."],
  [["runs", "--url", "http://127.0.0.1:9", "--token", "hg_agent_x"], "This is an agent token (hg_agent_...), which only agents can use."],
  [["run", "x", "--config", "{a:1}"], "--config takes the name of a JSON file"],
])("%j is a usage error with one clear sentence", async (args, sentence) => {
  const result = await headgate(args, { cwd: temporaryFolder() });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain(sentence);
  expect(result.stdout).toBe("");
});

test("headgate without a command prints the help and is a usage error", async () => {
  const result = await headgate([], { cwd: "/" });
  expect(result.code).toBe(2);
  expect(result.stdout).toContain("Usage: headgate");
});

test("with --json an error is one JSON document on stdout and nothing else", async () => {
  for (const args of [
    ["runs", "--json"],
    ["dev", "--port", "x", "--json"],
  ]) {
    const result = await headgate(args, { cwd: temporaryFolder() });
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: "invalid_input" } });
  }
});

test.each([
  ["assets", "bronze/orders and (gold", 23],
  ["assets", "--select", "grop:bronze or x", 0],
  ["assets", "-s", "not status:great", 11],
  ["run", "-s", "owner:team:core", 10],
  ["validate", "--select", "sinks(*", 7],
])("a mistake in a selection is shown with a caret before any request: %j", async (...line) => {
  const position = line.pop();
  const args = line.map(String);
  const connection = args[0] === "validate" ? [] : ["--url", "http://127.0.0.1:9", "--token", "t"];
  const result = await headgate([...args, ...connection], { cwd: temporaryFolder() });
  expect(result.code).toBe(2);
  const [message, text, caret] = result.stderr.split("\n");
  expect(message).toContain(`character ${Number(position) + 1}`);
  expect(text).toBe(`  ${args.at(-1)}`);
  expect(caret?.indexOf("^")).toBe(2 + Number(position));
});

test("validate lists the assets that a selection contains", async () => {
  const cwd = temporaryProject();
  const selected = await headgate(["validate", "--select", "sinks(*)", "--json"], { cwd });
  expect(selected.code).toBe(0);
  const documents = selected.stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(documents.at(-1)).toMatchObject({ selection: "sinks(*)", assets: ["bronze/orders"] });
  const unknown = await headgate(["validate", "-s", "group:x or nosuch"], { cwd });
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("  group:x or nosuch\n             ^");
});

test("an unreachable control plane is named with its address and gives exit code 1", async () => {
  const result = await headgate(["runs", "--url", "http://127.0.0.1:9", "--token", "t", "--deployment", "a/b"], { cwd: temporaryFolder() });
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("Cannot reach the control plane at http://127.0.0.1:9");
});

test("dev outside a project says how to create one", async () => {
  const result = await headgate(["dev"], { cwd: temporaryFolder() });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain("headgate init");
});

test("dev on a port that is in use names --port", async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  const port = await new Promise<number>((ready) => other.listen(0, "127.0.0.1", () => ready((other.address() as { port: number }).port)));
  const result = await headgate(["dev", "--port", String(port)], { cwd: temporaryProject() });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain(`Port ${port} on 127.0.0.1 is in use`);
  expect(result.stderr).toContain("--port");
});

test("init refuses a folder with files, and with --force keeps them", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "README.md"), "mine");
  const refused = await headgate(["init", folder], { cwd: "/" });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("is not empty (README.md)");
  const forced = await headgate(["init", folder, "--force", "--name", "demo", "--json"], { cwd: "/" });
  expect(forced.code).toBe(0);
  expect(JSON.parse(forced.stdout)).toMatchObject({ name: "demo", kept: ["README.md"] });
});

test("init refuses a name that no code location can have", async () => {
  const result = await headgate(["init", "x", "--name", "Not Good"], { cwd: temporaryFolder() });
  expect(result).toMatchObject({ code: 2 });
  expect(result.stderr).toContain("--name");
});
