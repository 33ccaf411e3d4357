import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { progressLine } from "./progress-line.ts";

const colors = createColors(false);

test("a failed dbt model shows the first line of its message", () => {
  const message = "Binder Error: no column named x\n\nLINE 25: x";
  const failed = { type: "asset_failed", asset: "gold/fct_orders", failure: { kind: "dbt", message } } as const;
  expect(progressLine({ at: 0, step: "s", event: failed }, colors)).toBe("  ✗ gold/fct_orders  Binder Error: no column named x");
});

test("a check with severity warn warns, and one with severity error fails", () => {
  const line = (severity: "warn" | "error") =>
    progressLine(
      { at: 0, step: "s", event: { type: "check_evaluated", asset: "a", check: "unique", passed: false, severity, metadata: {} } },
      colors,
    );
  expect(line("warn")).toBe("  ! a: check unique warned");
  expect(line("error")).toBe("  ! a: check unique failed");
});
