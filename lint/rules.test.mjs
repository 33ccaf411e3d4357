import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { layerViolation } from "./rules/layers.mjs";

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

  it("keeps SQL below commands", () => {
    expect(layerViolation("apps/control-plane/src/deployment/store/runs.ts", "../commands/launch-run.ts", false)).toMatch(/may not import/);
    expect(layerViolation("apps/control-plane/src/deployment/commands/launch-run.ts", "../store/runs.ts", false)).toBe(null);
  });
});

describe("rules run inside oxlint", () => {
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
