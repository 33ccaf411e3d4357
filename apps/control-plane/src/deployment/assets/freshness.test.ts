/** Freshness of assets: it changes at its exact time, is shown, and makes conditions true. */
import { describe, expect, it } from "vitest";
import { and, freshnessIs, inProgress, not, sinceLastHandled, newlyTrue } from "@headgate/shared/domain/automation/build.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { newDeployment, publish, rows, type DeploymentObject } from "../../../test/support/deployment.ts";
import { conditioned, pass, report, runsOf, START, useOwnTime } from "../../../test/support/conditions.ts";

useOwnTime();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const hourly = { type: "time_window", failAfterSeconds: 3600, warnAfterSeconds: 1800 } as const;

async function stateOf(stub: DeploymentObject, key: string) {
  const { state } = unwrap(await stub.ask("assets.get", { key }));
  return { ...state.freshness, health: state.health };
}

describe("freshness policies", () => {
  it("an asset becomes stale at the exact time, and fresh when materialized", async () => {
    const stub = newDeployment();
    await publish(stub, conditioned({ gold: { freshness: hourly }, silver: {} }));
    expect(await stateOf(stub, "gold")).toEqual({ state: "unknown", since: START, changesAt: null, health: "unknown" });
    await report(stub, "gold");
    expect(await stateOf(stub, "gold")).toEqual({ state: "fresh", since: START, changesAt: START + 30 * MINUTE, health: "healthy" });
    await pass(stub, 30 * MINUTE - 1);
    expect(await stateOf(stub, "gold")).toMatchObject({ state: "fresh" });
    await pass(stub, 1);
    expect(await stateOf(stub, "gold")).toEqual({
      state: "warning",
      since: START + 30 * MINUTE,
      changesAt: START + HOUR,
      health: "warning",
    });
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toEqual([]);
    await pass(stub, HOUR);
    expect(await stateOf(stub, "gold")).toEqual({ state: "overdue", since: START + HOUR, changesAt: null, health: "failed" });
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toMatchObject([
      { kind: "asset_overdue", subject: "gold", since: START + HOUR, run: null },
    ]);
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
    await report(stub, "gold");
    expect(await stateOf(stub, "gold")).toMatchObject({ state: "fresh", health: "healthy" });
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toEqual([]);
    expect(unwrap(await stub.ask("assets.get", { key: "silver" })).state.freshness).toBeNull();
    // Each change is in the asset's history.
    const { items } = unwrap(await stub.ask("assets.events", { key: "gold", limit: 50, types: ["freshness_changed"] }));
    expect(items.toReversed().map(({ at, freshness }) => [at - START, freshness?.from, freshness?.to])).toEqual([
      [0, "unknown", "fresh"],
      [30 * MINUTE, "fresh", "warning"],
      [HOUR, "warning", "overdue"],
      [HOUR + 30 * MINUTE, "overdue", "fresh"],
    ]);
  });

  it("an asset with a deadline is overdue from that tick on", async () => {
    const stub = newDeployment();
    const policy = { type: "cron", cron: "0 9 * * *", timezone: "Europe/Berlin", lowerBoundSeconds: 3600 } as const;
    await publish(stub, conditioned({ gold: { freshness: policy } }));
    await report(stub, "gold");
    expect(await stateOf(stub, "gold")).toMatchObject({ state: "fresh", changesAt: Date.UTC(2030, 2, 29, 8) });
    await pass(stub, 24 * HOUR);
    expect(await stateOf(stub, "gold")).toMatchObject({ state: "overdue", since: Date.UTC(2030, 2, 29, 8) });
  });

  it("a publish keeps freshness states and applies new and removed policies", async () => {
    const stub = newDeployment();
    await publish(stub, conditioned({ gold: { freshness: hourly } }));
    await report(stub, "gold");
    await pass(stub, 45 * MINUTE);
    await publish(stub, conditioned({ gold: { freshness: hourly }, silver: {} }));
    expect(await stateOf(stub, "gold")).toMatchObject({ state: "warning", since: START + 30 * MINUTE });
    await publish(stub, conditioned({ gold: { freshness: { type: "time_window", failAfterSeconds: 600 } } }));
    expect(await stateOf(stub, "gold")).toMatchObject({ state: "overdue", since: START + 45 * MINUTE });
    await publish(stub, conditioned({ gold: {} }));
    expect(unwrap(await stub.ask("assets.get", { key: "gold" })).state.freshness).toBeNull();
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toEqual([]);
    expect(await rows(stub, "SELECT kind FROM timer WHERE kind = 'freshness'")).toEqual([]);
    const impossible = conditioned({ gold: { freshness: { type: "time_window", failAfterSeconds: 600, warnAfterSeconds: 700 } } });
    await expect(publish(stub, impossible)).rejects.toThrow("The freshness policy of gold");
  });

  it("an overdue asset makes its condition true at that time, once", async () => {
    const stub = newDeployment();
    const refresh = and(sinceLastHandled(newlyTrue(freshnessIs("overdue"))), not(inProgress()));
    await publish(stub, conditioned({ gold: { freshness: hourly, automation: refresh } }));
    await report(stub, "gold");
    await pass(stub, 3 * HOUR);
    expect((await runsOf(stub)).map((run) => run.createdAt)).toEqual([START + HOUR]);
  });

  it("observations count for assets that are made elsewhere", async () => {
    const stub = newDeployment();
    const manifest = conditioned({ source: { freshness: hourly } });
    const [source] = manifest.assets;
    if (source) source.unit = null;
    manifest.units.splice(0);
    await publish(stub, manifest);
    await report(stub, "source", { type: "observed", dataVersion: "1" });
    expect(await stateOf(stub, "source")).toMatchObject({ state: "fresh", changesAt: START + 30 * MINUTE });
  });
});
