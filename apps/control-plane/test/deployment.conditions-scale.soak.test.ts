/** Thousands of conditions: the cost of an event depends on what it changes, not on their number. Prints the cost; asserts only the requests. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eager } from "@headgate/shared/domain/automation/build.ts";
import { newDeployment, publish, raw } from "./support/deployment.ts";
import { conditioned, pass, report, runsOf, useOwnTime } from "./support/conditions.ts";

useOwnTime();

const ASSETS = 5000;
const ROOTS = 500;

/** Ten levels; each asset depends on one asset of the level above and on a root. */
function lake() {
  const entries = Array.from({ length: ASSETS }, (_, index) => {
    const deps = index < ROOTS ? [] : [`a${index - ROOTS}`, `a${(index * 7) % ROOTS}`];
    return [`a${index}`, index < ROOTS ? {} : { deps, automation: eager() }] as const;
  });
  return conditioned(Object.fromEntries(entries));
}

describe("thousands of eager assets", () => {
  it("assets that do not read a change are not evaluated", { timeout: 180_000 }, async () => {
    const stub = newDeployment();
    await publish(stub, lake());
    await pass(stub, 60_000);
    expect(await runsOf(stub)).toEqual([]);
    await runInDurableObject(raw(stub), (_instance, { storage }) => {
      storage.sql.exec(
        "INSERT INTO asset_state (asset, materialized_at, materialized_seq, latest_seq) SELECT key, 1, 1, 1 FROM version_asset",
      );
    });
    const cost = async (from: number) => {
      const started = performance.now();
      for (let index = from; index < from + 20; index++) await report(stub, `a${index}`);
      return (performance.now() - started) / 20;
    };
    const [first, leaves] = [await cost(ASSETS - 40), await cost(ASSETS - 20)];
    expect(await runsOf(stub)).toEqual([]);
    const roots = await cost(0);
    const runs = await runsOf(stub);
    expect(runs.length).toBeGreaterThanOrEqual(20);
    console.info(
      `milliseconds for a report with its evaluation among ${ASSETS} eager assets: ${JSON.stringify(
        { first, leaves, "roots, with runs": roots },
        (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(1)) : value),
      )}`,
    );
  });
});
