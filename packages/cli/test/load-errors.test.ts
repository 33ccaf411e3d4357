import { expect, test } from "vitest";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { loadProject } from "../src/project/project.ts";
import { buildLocation } from "../src/publish/build-location.ts";
import { headgate } from "./command-line.test-support.ts";
import { temporaryProject } from "./project.test-support.ts";

const DEFAULT = 'import { defineCodeLocation } from "@headgate/sdk";\nexport default defineCodeLocation({ name: "demo" });\n';

async function problemsOf(files: Readonly<Record<string, string>>, env = process.env): Promise<readonly LoadError[]> {
  const project = await loadProject(temporaryProject(files));
  const [location] = project.locations;
  if (location === undefined) throw new Error("no location");
  const built = await buildLocation(project, location, env);
  return built.ok ? [] : built.problems;
}

test("a syntax error names file and line and shows the code around it", async () => {
  const [problem] = await problemsOf({ "src/location.ts": `${DEFAULT}export const broken = ;\n` });
  expect(problem).toMatchObject({ kind: "syntax", file: "src/location.ts", line: 3 });
  expect(problem?.codeFrame).toContain("> 3 | export const broken = ;");
  expect(problem?.codeFrame).toMatch(/\n {4}\| +\^/);
});

test("all syntax errors are reported together", async () => {
  const problems = await problemsOf({
    "src/location.ts": `import "./a.ts";\nimport "./b.ts";\n${DEFAULT}`,
    "src/a.ts": "const = 1",
    "src/b.ts": "let let = 2 +",
  });
  expect(problems.map((problem) => problem.file)).toEqual(expect.arrayContaining(["src/a.ts", "src/b.ts"]));
});

test("a package that is not installed is named with the command that installs it", async () => {
  const [problem] = await problemsOf({ "src/location.ts": `import { x } from "@nobody/left-pad/sub";\nexport const y = x;\n${DEFAULT}` });
  expect(problem).toMatchObject({ kind: "missing_package", file: "src/location.ts", line: 1, hint: "npm install @nobody/left-pad" });
});

test("a file that does not exist is a project error, not a missing package", async () => {
  const [problem] = await problemsOf({ "src/location.ts": `import "./nowhere.ts";\n${DEFAULT}` });
  expect(problem).toMatchObject({ kind: "project", file: "src/location.ts", line: 1 });
});

test("an error thrown while loading has a stack mapped to the source and a code frame", async () => {
  const [problem] = await problemsOf({
    "src/location.ts": `import "./deep.ts";\n${DEFAULT}`,
    "src/deep.ts": "// one\nfunction fail(): never {\n  throw new TypeError('no such table');\n}\nfail();\n",
  });
  expect(problem).toMatchObject({ kind: "threw", message: "TypeError: no such table", file: "src/deep.ts", line: 3 });
  expect(problem?.codeFrame).toContain("> 3 |   throw new TypeError('no such table');");
  expect(problem?.stack).toMatch(/at fail \(src\/deep\.ts:3:9\)/);
  expect(problem?.stack).toContain("src/deep.ts:5:1");
  expect(problem?.stack).not.toContain("node:internal");
});

test("an error that is sent does not contain the value of a secret variable", async () => {
  const files = { "src/location.ts": `${DEFAULT}throw new Error("no login as shop with " + process.env.SHOP_PASSWORD);\n` };
  const problems = await problemsOf(files, { ...process.env, SHOP_PASSWORD: 'a "good" one' });
  expect(problems).toMatchObject([{ kind: "threw", message: "Error: no login as shop with *****" }]);
  expect(JSON.stringify(problems)).not.toContain("good");
});

test("an invalid definition names the line that defines it", async () => {
  const location = `import { defineAsset, defineCodeLocation } from "@headgate/sdk";
const one = defineAsset({ key: "a", run: () => 1 });
const two = defineAsset({ key: "a", run: () => 2 });
export default defineCodeLocation({ name: "demo", assets: [one, two] });
`;
  const problems = await problemsOf({ "src/location.ts": location });
  expect(problems.map((problem) => problem.kind)).toContain("invalid_definition");
  const [problem] = problems;
  expect(problem?.file).toBe("src/location.ts");
  expect(problem?.codeFrame).toContain("defineAsset");
});

test("a code location with another name than in the configuration is refused", async () => {
  const [problem] = await problemsOf({
    "src/location.ts": 'import { defineCodeLocation } from "@headgate/sdk";\nexport default defineCodeLocation({ name: "other" });\n',
  });
  expect(problem).toMatchObject({ kind: "invalid_definition", file: "src/location.ts" });
  expect(problem?.message).toContain("'other'");
});

test("code that never finishes loading is stopped, with every process it started", async () => {
  const config = 'export default { locations: [{ name: "demo", entry: "src/location.ts", indexTimeout: 2 }] };';
  const [problem] = await problemsOf({
    "headgate.config.ts": config,
    "src/location.ts": `console.log("still here");\nawait new Promise((wake) => setTimeout(wake, 1e8));\n${DEFAULT}`,
  });
  expect(problem).toMatchObject({ kind: "timeout" });
  expect(problem?.message).toContain("2 seconds");
  expect(problem?.stack).toContain("still here");
});

test("code that ends the process is reported as a crash with its exit code", async () => {
  const [problem] = await problemsOf({ "src/location.ts": `process.exit(7);\n${DEFAULT}` });
  expect(problem).toMatchObject({ kind: "crashed" });
  expect(problem?.message).toContain("exit code 7");
});

test("validate prints what is wrong as text or JSON and exits with 1", async () => {
  const root = temporaryProject({ "src/location.ts": `${DEFAULT}export const broken = ;\n` });
  const text = await headgate(["validate"], { cwd: root });
  expect(text.code).toBe(1);
  expect(text.stdout).toContain("src/location.ts:3");
  expect(text.stdout).toContain("> 3 | export const broken = ;");
  const json = await headgate(["validate", "--json"], { cwd: root });
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ location: "demo", ok: false, errors: [{ kind: "syntax", line: 3 }] });
});

test("a mistake in the configuration is shown with its line and is a usage error", async () => {
  const root = temporaryProject({ "headgate.config.ts": "export default {\n  locations: [,\n" });
  const result = await headgate(["validate"], { cwd: root });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain("headgate.config.ts:");
});

test("a configuration of the wrong shape says what is wrong with which entry", async () => {
  const root = temporaryProject({ "headgate.config.ts": 'export default { locations: [{ name: "a b", entry: "src/location.ts" }] };' });
  const result = await headgate(["validate"], { cwd: root });
  expect(result).toMatchObject({ code: 2 });
  expect(result.stderr).toContain("locations.0.name");
});

test("an entry that does not exist is named with its full path", async () => {
  const root = temporaryProject({ "headgate.config.ts": 'export default { locations: [{ name: "demo", entry: "src/gone.ts" }] };' });
  const result = await headgate(["validate"], { cwd: root });
  expect(result).toMatchObject({ code: 2 });
  expect(result.stderr).toContain(`${root}/src/gone.ts does not exist`);
});

test("an entry without a default export is told what to add to it", async () => {
  const problems = await problemsOf({ "src/location.ts": "export const one = 1;\n" });
  expect(problems).toEqual([
    {
      kind: "invalid_definition",
      message: "src/location.ts has no default export.",
      file: "src/location.ts",
      hint: "Add to the file: export default defineCodeLocation({ assets });",
    },
  ]);
});

test("a code location needs no name of its own, and one that differs is an error that names both", async () => {
  const nameless = 'import { defineCodeLocation } from "@headgate/sdk";\nexport default defineCodeLocation({});\n';
  expect(await problemsOf({ "src/location.ts": nameless })).toEqual([]);
  const [problem] = await problemsOf({ "src/location.ts": nameless.replace("{}", '{ name: "other" }') });
  expect(problem?.message).toBe(
    "headgate.config.ts calls this code location 'demo', but src/location.ts defines the code location 'other'.",
  );
});

test("a stack of user code that threw holds no frames of node and of headgate itself", async () => {
  const [problem] = await problemsOf({ "src/location.ts": `throw new Error("no settings");\n${DEFAULT}` });
  expect(problem?.stack?.split("\n")).toEqual(["Error: no settings", expect.stringContaining("src/location.ts:1:7")]);
});
