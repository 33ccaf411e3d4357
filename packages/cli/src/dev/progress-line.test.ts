import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { progressLine } from "./progress-line.ts";

const colors = createColors(false);

test("a failed dbt model shows the message of the database after its own", () => {
  const message = "Runtime Error in model fct_orders (models/gold/fct_orders.sql)\n  Binder Error: no column named x\n  LINE 25";
  const line = (kind: "dbt" | "user_code") =>
    progressLine({ at: 0, step: "s", event: { type: "asset_failed", asset: "gold/fct_orders", failure: { kind, message } } }, colors);
  expect(line("dbt")).toBe(
    "  ✗ gold/fct_orders  Runtime Error in model fct_orders (models/gold/fct_orders.sql): Binder Error: no column named x",
  );
  expect(line("user_code")).toBe("  ✗ gold/fct_orders  Runtime Error in model fct_orders (models/gold/fct_orders.sql)");
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
