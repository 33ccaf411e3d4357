/** Keeps the documents true: help texts, samples, links, variables and the forms of changelog and glossary are checked. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { buildProgram } from "../src/program.ts";
import { projectTemplate } from "../src/project/template.ts";
import { openTerminal } from "../src/terminal/terminal.ts";
import { linkSdk, REPOSITORY, temporaryFolder, writeFiles } from "./project.test-support.ts";

const run = promisify(execFile);
const DOCS = join(REPOSITORY, "docs");
const read = (path: string): string => readFileSync(join(REPOSITORY, path), "utf8");
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "changes/README.md",
  "examples/lakehouse/README.md",
  "packages/sdk/README.md",
  ...readdirSync(DOCS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];

/** Commands that do something themselves, with their whole names. */
function commandsOf(command: Command, name = "headgate"): readonly { readonly name: string; readonly command: Command }[] {
  const inner = command.commands.flatMap((child) => commandsOf(child, `${name} ${child.name()}`));
  const acts = command.parent !== null && command.options.length > 0;
  return acts ? [{ name, command }, ...inner] : inner;
}

function headgate(): Command {
  const { stdout, stderr } = process;
  const terminal = openTerminal({ stdout, stderr, env: { NO_COLOR: "1" } }, { json: true });
  return buildProgram({ terminal, env: {}, cwd: "/", now: Date.now, random: Math.random, stdout }, () => undefined);
}

test("docs/reference/cli.md shows the help of every command", async () => {
  const sections = commandsOf(headgate()).map(({ name, command }) => {
    command.configureOutput({ getOutHelpWidth: () => 120, getOutHasColors: () => false });
    return `## ${name}\n\`\`\`\n${command.helpInformation().trim()}\n\`\`\`\n`;
  });
  const [intro = ""] = read("docs/reference/cli.md").split(/(?<=-->\n)/);
  await expect(`${intro}\n${sections.join("\n")}`).toMatchFileSnapshot(join(DOCS, "reference/cli.md"));
});

/** What is wrong with the command and the options of a line that begins with `headgate`. */
function mistakeIn(line: string): string | null {
  const words = line.split(/\s+/).slice(1);
  let command = headgate();
  while (command.commands.some((child) => child.name() === words[0])) {
    const [name] = words.splice(0, 1);
    command = command.commands.find((child) => child.name() === name) ?? command;
  }
  const takesNoWord = command.commands.length > 0 && command.registeredArguments.length === 0;
  if (takesNoWord && /^[a-z]/.test(words[0] ?? "")) return `${line}: no such command`;
  const known = new Set([...command.options.flatMap(({ short, long }) => [short, long]), "--help", "--version"]);
  const unknown = words.find((word) => /^--?[a-z]/.test(word) && !known.has(word.split("=")[0] ?? ""));
  return unknown === undefined ? null : `${line}: no option ${unknown}`;
}

test.each(DOCUMENTS)("every headgate command in %s exists with its options", (document) => {
  const text = read(document);
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) => block.replaceAll("\\\n", " ").split("\n"));
  const inline = [...text.replaceAll(/```.*?```/gs, "").matchAll(/`((?:npx )?headgate [^`]+)`/g)].map(([, code = ""]) => code);
  const lines = [...blocks.map((line) => line.replace(/\s#.*$/, "")), ...inline].flatMap(
    (line) => /(?:^|\s)(headgate [a-z].*)$/.exec(line)?.[1] ?? [],
  );
  expect(lines.map(mistakeIn).filter((mistake) => mistake !== null)).toEqual([]);
});

/** What samples use without importing it again. */
const USED: Readonly<Record<string, readonly string[]>> = {
  "@headgate/sdk": ["defineAsset", "materialization", "dailyPartitions"],
  "@headgate/sdk/dbt": ["dbtAssets", "dbtProject", "dbtResource"],
  "node:path": ["join"],
};

function withImports(sample: string): string {
  const missing = (name: string): boolean =>
    new RegExp(`\\b${name}\\(`).test(sample) && !new RegExp(`import [^;]*\\b${name}\\b`).test(sample);
  const imports = Object.entries(USED).map(([from, names]) => `import { ${names.filter(missing).join(", ")} } from "${from}";`);
  const project =
    /\bproject\b/.test(sample) && !sample.includes("const project =") ? 'const project = dbtProjectOfSample({ dir: "dbt" });' : "";
  return [...imports, 'import { dbtProject as dbtProjectOfSample } from "@headgate/sdk/dbt";', project, sample, "export {};"].join("\n");
}

/** The package's own page is one program in two parts. Samples about the repository's inner modules are not for users. */
function samplesOf(path: string): readonly string[] {
  const samples = [...read(path).matchAll(/```ts\n(.*?)```/gs)].map(([, sample = ""]) => sample);
  return path === "packages/sdk/README.md" ? [samples.join("\n")] : samples.filter((sample) => !sample.includes("@headgate/shared/"));
}

test("every TypeScript sample that a user may copy compiles", { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  linkSdk(folder);
  for (const name of ["zod", "@types"]) symlinkSync(join(REPOSITORY, "node_modules", name), join(folder, "node_modules", name));
  const tutorial = "docs/tutorial.md";
  for (const path of DOCUMENTS.filter((document) => document !== tutorial)) {
    for (const [index, sample] of samplesOf(path).entries())
      writeFiles(folder, { [`src/${path.replaceAll(/\W/g, "-")}-${index}.ts`]: withImports(sample) });
  }
  writeFiles(folder, {
    // The tutorial's asset goes to the end of a file that `headgate init` wrote.
    "src/tutorial.ts": [projectTemplate("shop")["src/assets/orders.ts"] ?? "", ...samplesOf(tutorial)].join("\n"),
    "tsconfig.json": JSON.stringify({
      extends: join(REPOSITORY, "tsconfig.base.json"),
      compilerOptions: { types: ["node"], typeRoots: [join(folder, "node_modules/@types")], lib: ["es2024", "dom"] },
      include: ["src"],
    }),
  });
  const tsc = run(process.execPath, [join(REPOSITORY, "node_modules/typescript/bin/tsc"), "-p", folder]);
  expect(await tsc.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: "" });
});

/** As GitHub makes them. */
function anchorsOf(path: string): readonly string[] {
  const headings = read(path)
    .replaceAll(/```.*?```/gs, "")
    .matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test.each(DOCUMENTS)("every link of %s leads somewhere", (document) => {
  const links = [
    ...read(document)
      .replaceAll(/```.*?```/gs, "")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, target = ""]) => target);
  const broken = links.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const path = file === "" ? document : join(dirname(document), file);
    if (!existsSync(join(REPOSITORY, path))) return true;
    return anchor !== undefined && !anchorsOf(path).includes(anchor);
  });
  expect(broken).toEqual([]);
});

const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

test("CHANGELOG.md has releases, newest first, with entries under known kinds", () => {
  const releases = read("CHANGELOG.md").split(/^## /m).slice(1);
  expect(releases[0]).toMatch(/^\[Unreleased\]\n/);
  for (const release of releases.slice(1)) expect(release).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d\n/);
  for (const release of releases) {
    const [, ...sections] = release.split(/^### /m);
    for (const section of sections) {
      const [kind = "", ...lines] = section.trim().split("\n");
      expect(KINDS).toContain(kind);
      expect(lines.filter((line) => line !== "" && !line.startsWith("- "))).toEqual([]);
    }
  }
});

test("each file in changes/ is a kind and a sentence", () => {
  for (const name of readdirSync(join(REPOSITORY, "changes")).filter((file) => file !== "README.md")) {
    expect(name).toMatch(/^[a-z0-9-]+\.md$/);
    const text = read(`changes/${name}`).trim();
    expect(text).toMatch(new RegExp(`^(${KINDS.join("|")}): [^\n]+\\.$`));
  }
});

/** The cells of the table that follows a heading. */
function tableUnder(path: string, heading: string): readonly (readonly string[])[] {
  const [, section = ""] = read(path).split(`\n${heading}\n`);
  const lines = section.split(/^#/m)[0]?.match(/^\|.*\|$/gm) ?? [];
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

test("docs/glossary.md lists each term once, in order, and retires none", () => {
  const terms = tableUnder("docs/glossary.md", "## Terms").map(([term = ""]) => term.replaceAll("*", "").toLowerCase());
  const retired = tableUnder("docs/glossary.md", "## Retired words");
  expect(terms.length).toBeGreaterThan(50);
  expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => a.localeCompare(b, "en")));
  for (const [word = "", instead, where = ""] of retired) {
    expect(terms).not.toContain(word.toLowerCase());
    expect(instead).not.toBe("");
    for (const place of where.split(", ")) expect(["", "docs", "texts", "code"]).toContain(place);
  }
});

test("docs/reference/configuration.md names every variable that the agent and the command line read", () => {
  const text = read("docs/reference/configuration.md");
  const agent = [...read("apps/agent/src/config.ts").matchAll(/HEADGATE_\w+/g)];
  const folder = join(REPOSITORY, "packages/cli/src");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const cli = files.flatMap((path) =>
    [...readFileSync(join(folder, path), "utf8").matchAll(/env\["(HEADGATE_\w+)"\]/g)].map(([, name]) => [name]),
  );
  const names = new Set([...agent, ...cli].map(([name]) => name));
  expect([...names].filter((name) => name !== undefined && !text.includes(`\`${name}\``))).toEqual([]);
});
