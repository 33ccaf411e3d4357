import { describe, expect, it } from "vitest";
import { allDepsUpdatedSinceCron, eager } from "@headgate/shared/domain/automation/build.ts";
import { nodeName } from "@headgate/shared/domain/automation/describe.ts";
import { assetOfTarget, conditionPath } from "./condition-target.ts";
import { nodeStyle, formatNode } from "./evaluation-tree.ts";

describe("evaluation tree", () => {
  it("a node is true, false, partly true or not evaluated", () => {
    const words = [
      [1, 1],
      [22, 0],
      [22, 3],
      [0, 0],
    ].map(([asked = 0, count = 0]) => nodeStyle({ asked, count }).label);
    expect(words).toEqual(["True", "False", "Partly true", "Not evaluated"]);
  });

  it("a node is named by its label and its operator", () => {
    const condition = eager();
    expect(formatNode({ name: nodeName(condition), label: condition.label ?? "" })).toEqual({ text: "eager", detail: "All of" });
    const updated = allDepsUpdatedSinceCron("0 6 * * *");
    expect(formatNode({ name: nodeName(updated) })).toEqual({ text: "All dependencies", detail: null });
  });

  it("the name of a node includes its parameters", () => {
    expect(formatNode({ name: "cron_tick_passed(0 6 * * *, UTC)" }).text).toBe("Cron tick passed: 0 6 * * *, UTC");
    expect(formatNode({ name: "any_deps_match(allow group:gold)" }).text).toBe("Any dependency (allow group:gold)");
    expect(formatNode({ name: 'executed_with_tags("a")' }).text).toBe('executed with tags ("a")');
  });

  it("a condition of a check links to its asset's page", () => {
    const ref = { org: "acme", name: "prod" };
    expect(assetOfTarget("gold/a:fresh")).toBe("gold/a");
    expect(conditionPath(ref, "gold/a", "e1")).toBe("/acme/prod/assets/gold/a/-/automation?evaluation=e1");
    expect(conditionPath(ref, "gold/a:fresh")).toBe("/acme/prod/assets/gold/a/-/automation?target=gold%2Fa%3Afresh");
  });
});
