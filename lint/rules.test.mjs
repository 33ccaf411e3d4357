import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { importViolation, packageViolation, readTable } from "./rooms.mjs";
import { layerViolation } from "./rules/layers.mjs";
import { commentProblems } from "./rules/plain-comments.mjs";
import { nameProblems } from "./rules/test-names.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

function lint(source, rule, file = "sample.ts") {
  const dir = mkdtempSync(path.join(tmpdir(), "headgate-lint-"));
  try {
    writeFileSync(path.join(dir, file), source);
    writeFileSync(
      path.join(dir, ".oxlintrc.json"),
      JSON.stringify({ jsPlugins: [path.join(root, "lint/plugin.mjs")], categories: { correctness: "off" }, rules: { [rule]: "error" } }),
    );
    try {
      execFileSync(path.join(root, "node_modules/.bin/oxlint"), ["-c", ".oxlintrc.json", "."], { cwd: dir, stdio: "pipe" });
      return "";
    } catch (error) {
      return String(error.stdout);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe("layers", () => {
  it("lets the domain import itself and nothing else", () => {
    expect(layerViolation("packages/shared/src/domain/run/plan.ts", "../asset-graph.ts", false)).toBe(null);
    expect(layerViolation("packages/shared/src/domain/run/plan.ts", "../errors.ts", false)).toBe(null);
    expect(layerViolation("packages/shared/src/domain/run/plan.ts", "../../protocol/up.ts", false)).toMatch(/may not import/);
    expect(layerViolation("packages/shared/src/domain/run/plan.ts", "zod", false)).toMatch(/no package/);
    expect(layerViolation("packages/shared/src/domain/run/plan.ts", "node:fs", false)).toMatch(/no package/);
  });

  it("keeps the SDK's core from importing an integration", () => {
    expect(layerViolation("packages/sdk/src/definitions/asset.ts", "../integrations/dbt/index.ts", true)).toMatch(/may not import/);
    expect(layerViolation("packages/sdk/src/integrations/dbt/project.ts", "../../definitions/resource.ts", false)).toBe(null);
    expect(layerViolation("packages/sdk/src/index.ts", "./definitions/asset.ts", false)).toBe(null);
  });

  it("keeps apps apart, except for the types of the router", () => {
    expect(layerViolation("apps/web/src/lib/api.ts", "@headgate/control-plane/router-type", true)).toBe(null);
    expect(layerViolation("apps/web/src/lib/api.ts", "@headgate/control-plane/router-type", false)).toMatch(/may not import/);
    expect(layerViolation("apps/agent/src/main.ts", "../../control-plane/src/env.ts", false)).toMatch(/may not import/);
  });

  it("keeps the agent's work and connection away from any executor", () => {
    expect(layerViolation("apps/agent/src/work/attempt.ts", "../executors/executor.ts", true)).toBe(null);
    expect(layerViolation("apps/agent/src/work/attempt.ts", "../executors/process/pool.ts", true)).toMatch(/may not import/);
    expect(layerViolation("apps/agent/src/connection/outbox.ts", "../work/supervisor.ts", true)).toMatch(/may not import/);
    expect(layerViolation("apps/agent/src/main.ts", "./executors/process/process-executor.ts", false)).toMatch(/may not import/);
    expect(layerViolation("apps/agent/src/bin.ts", "./executors/process/process-executor.ts", false)).toBe(null);
  });

  it("a deployment has a kernel without subjects, and subjects in order", () => {
    expect(layerViolation("apps/control-plane/src/deployment/kernel/tx.ts", "../runs/run-session.ts", true)).toMatch(/may not import/);
    expect(layerViolation("apps/control-plane/src/deployment/runs/run-store.ts", "../conditions/pauses.ts", false)).toMatch(
      /may not import/,
    );
    expect(layerViolation("apps/control-plane/src/deployment/conditions/pauses.ts", "../runs/run-store.ts", false)).toBe(null);
  });
});

describe("rooms of a table", () => {
  const table = readTable([
    {
      package: "house",
      imports: ["shared/src"],
      types: ["street/src"],
      floors: [
        [{ room: "kernel", packages: ["zod"] }],
        ["runs", { room: "queue", beside: ["runs"] }],
        [{ room: "store", only: ["kernel"], types: ["home/types.ts"], tests: ["home"] }],
        ["home"],
      ],
    },
  ]);
  const violation = (file, target, typeOnly = false) => importViolation(table, { file: `house/src/${file}`, target, typeOnly });

  it("a room may import itself and the rooms below it", () => {
    expect(violation("home/page.ts", "house/src/home/row.ts")).toBe(null);
    expect(violation("home/page.ts", "house/src/kernel/tx.ts")).toBe(null);
    expect(violation("home/page.ts", "shared/src/ids.ts")).toBe(null);
  });

  it("a room above is forbidden, also for a type", () => {
    expect(violation("kernel/tx.ts", "house/src/runs/run.ts")).toMatch(/above it/);
    expect(violation("kernel/tx.ts", "house/src/runs/run.ts", true)).toMatch(/above it/);
  });

  it("rooms of one floor are apart unless the table joins them", () => {
    expect(violation("runs/run.ts", "house/src/queue/pick.ts")).toMatch(/one floor/);
    expect(violation("queue/pick.ts", "house/src/runs/run.ts")).toBe(null);
  });

  it("a room with its own list imports nothing else from below", () => {
    expect(violation("store/rows.ts", "house/src/kernel/tx.ts")).toBe(null);
    expect(violation("store/rows.ts", "house/src/runs/run.ts")).toMatch(/allowed: kernel/);
  });

  it("types and tests may reach up where the table says so", () => {
    expect(violation("store/rows.ts", "house/src/home/types.ts", true)).toBe(null);
    expect(violation("store/rows.ts", "house/src/home/types.ts")).toMatch(/above it/);
    expect(violation("store/rows.test.ts", "house/src/home/page.ts")).toBe(null);
  });

  it("a file that no room holds may import nothing", () => {
    expect(violation("attic/box.ts", "house/src/kernel/tx.ts")).toMatch(/no room/);
  });

  it("other packages and npm packages are allowed by name", () => {
    expect(violation("home/page.ts", "street/src/lamp.ts", true)).toBe(null);
    expect(violation("home/page.ts", "street/src/lamp.ts")).toMatch(/may not import street/);
    expect(packageViolation(table, "house/src/kernel/tx.ts", "hono")).toMatch(/no package but zod/);
    expect(packageViolation(table, "house/src/kernel/tx.ts", "zod/mini")).toBe(null);
  });
});

describe("plain comments", () => {
  it("a sentence that starts with a dangling 'Of' is found", () => {
    expect(commentProblems(" Of several changes the first is kept.", false)).toEqual([expect.stringMatching(/start with 'Of'/)]);
    expect(commentProblems("* The row.\n * Of a tick only.", false)).toEqual([expect.stringMatching(/start with 'Of'/)]);
    expect(commentProblems(" One of several. The office is open. A part of it.", false)).toEqual([]);
  });

  it("words for nameless people are found", () => {
    expect(commentProblems(" Nobody waits for it.", false)).toEqual([expect.stringMatching(/say who instead of 'Nobody'/)]);
    expect(commentProblems(" The name `nobody` is a user of Unix.", false)).toEqual([]);
  });

  it("the comment that opens a file may not be a question", () => {
    expect(commentProblems("* Which steps start now? Those that are ready.", true)).toEqual([expect.stringMatching(/not a question/)]);
    expect(commentProblems("* Which steps start now? Those that are ready.", false)).toEqual([]);
    expect(commentProblems("* Picks the steps that start now. Which one first? The oldest.", true)).toEqual([]);
  });
});

describe("test names", () => {
  it("a name that starts without its subject is found", () => {
    expect(nameProblems("of what is made elsewhere counts what was observed")).toEqual([expect.stringMatching(/may not start with 'of'/)]);
    expect(nameProblems("is cut where they stand")).toEqual([expect.stringMatching(/may not start with 'is'/)]);
    expect(nameProblems("an agent that missed two pings counts as gone")).toEqual([]);
  });

  it("a name of more than twelve words is found", () => {
    expect(nameProblems("a ".repeat(13))).toEqual([expect.stringMatching(/13 words/)]);
    expect(nameProblems("a ".repeat(12))).toEqual([]);
  });
});

describe("rules run inside oxlint", () => {
  it("plain-comments reads neighbouring line comments as one text", () => {
    const source = "/** Opens the file. */\n// The rows\n// of a run are kept. Of a tick they are not.\nexport const a = 1; // of a row\n";
    expect(lint(source, "headgate/plain-comments").match(/headgate\(plain-comments\)/g)?.length).toBe(2);
    expect(lint("/** Which rows? These. */\nexport const a = 1;\n", "headgate/plain-comments")).toMatch(/not a question/);
  });

  it("test-names finds bad names in every form, and names used twice", () => {
    const source = [
      "describe('rows', () => {",
      "  it('is kept', () => {});",
      "  it.each([1])('that %s is kept', () => {});",
      "  test.skipIf(true)(`of ${1} it is kept`, () => {});",
      "  it('a row is kept', () => {});",
      "  it('a row is kept', () => {});",
      "});",
      "describe('others', () => { it('a row is kept', () => {}); });",
    ].join("\n");
    const output = lint(source, "headgate/test-names", "rows.test.ts");
    expect(output.match(/headgate\(test-names\)/g)?.length).toBe(4);
    expect(output).toMatch(/another test of this file is called 'rows a row is kept'/);
    expect(lint(source, "headgate/test-names", "rows.ts")).toBe("");
  });

  it("retired-words finds words of the glossary in comments, texts and names", () => {
    const glossary = path.join(mkdtempSync(path.join(tmpdir(), "headgate-glossary-")), "glossary.md");
    const table =
      "| retired | use instead | where |\n|---|---|---|\n| seat | slot | |\n| hook | webhook | texts |\n| RunTrigger | RunCause | code |\n";
    writeFileSync(glossary, `## Retired words\n${table}`);
    const source =
      "// A seat is free.\nexport type RunTrigger = 'hook';\nexport const a = 'the hook of a sensor', seat = 'SELECT id FROM hook';\n";
    process.env.HEADGATE_GLOSSARY = glossary;
    try {
      const output = lint(source, "headgate/retired-words");
      expect(output.match(/headgate\(retired-words\)/g)?.length).toBe(4);
      expect(output).toMatch(/use 'webhook'/);
    } finally {
      delete process.env.HEADGATE_GLOSSARY;
      rmSync(path.dirname(glossary), { recursive: true, force: true });
    }
  });

  it("no-ambient-time finds clocks, randomness and timers", () => {
    const output = lint(
      "export const a = () => [new Date(), Date.now(), Math.random(), setTimeout(() => {}, 1)];\nexport const b = new Date(5);\n",
      "headgate/no-ambient-time",
    );
    expect(output.match(/headgate\(no-ambient-time\)/g)?.length).toBe(4);
  });

  it("no-select-star finds a star and leaves count(*) alone", () => {
    expect(lint("export const a = 'SELECT * FROM run';\n", "headgate/no-select-star")).toMatch(/list the columns/);
    expect(lint("export const a = 'SELECT count(*) FROM run';\n", "headgate/no-select-star")).toBe("");
  });

  it("disable-needs-reason wants a reason", () => {
    expect(lint("// oxlint-disable-next-line no-console\nexport const a = 1;\n", "headgate/disable-needs-reason")).toMatch(/say why/);
    expect(lint("// oxlint-disable-next-line no-console -- prints the table\nexport const a = 1;\n", "headgate/disable-needs-reason")).toBe(
      "",
    );
  });
});

describe("sql-in-stores", () => {
  it("SQL outside a store is refused", () => {
    expect(lint("export const read = (tx) => tx.db.sql.exec('SELECT 1');", "headgate/sql-in-stores")).toContain("run SQL in a store");
    expect(lint("export const read = (db) => db.orm.select();", "headgate/sql-in-stores")).toContain("run SQL in a store");
  });

  it("a command that calls a store is fine", () => {
    expect(lint("export const read = (tx) => readRun(tx.db, 1);", "headgate/sql-in-stores")).not.toContain("run SQL in a store");
  });
});
