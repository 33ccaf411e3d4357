/** Paused conditions request nothing and forget nothing, and the pause is visible to all. */
import { describe, expect, it } from "vitest";
import { cronTickPassed, eager } from "@headgate/shared/domain/automation/build.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { newDeployment, person, publish, rows, type DeploymentObject } from "../../../test/support/deployment.ts";
import {
  conditioned,
  conditionOf,
  evaluationsOf,
  pass,
  report,
  runsOf,
  START,
  timeNow,
  useOwnTime,
} from "../../../test/support/conditions.ts";
import { LiveClient } from "../../../test/support/live-client.ts";

useOwnTime();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function prepared(): Promise<DeploymentObject> {
  const stub = newDeployment();
  await publish(
    stub,
    conditioned({ silver: {}, gold: { deps: ["silver"], automation: eager() }, other: { deps: ["silver"], automation: eager() } }),
  );
  await pass(stub, MINUTE);
  return stub;
}

async function pause(stub: DeploymentObject, scope: string, extra: object = {}) {
  return stub.perform("conditions.pause", { scope, ...extra }, person);
}

async function requestedTargets(stub: DeploymentObject): Promise<(readonly string[])[]> {
  return (await runsOf(stub)).map((run) => (run.trigger.type === "condition" ? run.trigger.targets : []));
}

describe("pauses", () => {
  for (const scope of ["all", "location:lake", "asset:gold"]) {
    it(`a pause of ${scope} delays requests to its end`, async () => {
      const stub = await prepared();
      unwrap(await pause(stub, scope, { reason: "the warehouse moves" }));
      await report(stub, "silver");
      await pass(stub, MINUTE);
      await report(stub, "silver");
      await pass(stub, MINUTE);
      expect((await requestedTargets(stub)).flat()).toEqual(scope === "asset:gold" ? ["other"] : []);
      expect(await conditionOf(stub, "gold")).toMatchObject({
        paused: { scope, by: "ada@example.com", reason: "the warehouse moves", until: null },
      });
      const shown = (await evaluationsOf(stub, "gold")).filter((one) => one.error !== null);
      expect(shown).toMatchObject([
        { requested: 0, runs: [], error: expect.stringContaining("Paused by ada@example.com (the warehouse moves)") as unknown },
      ]);
      const before = (await runsOf(stub)).length;
      unwrap(await stub.perform("conditions.unpause", { scope }, person));
      await pass(stub, MINUTE);
      expect(await runsOf(stub)).toHaveLength(before + 1);
      expect((await requestedTargets(stub))[0]).toEqual(scope === "asset:gold" ? ["gold"] : ["gold", "other"]);
      const [requested] = (await evaluationsOf(stub, "gold")).filter((one) => one.requested > 0);
      expect(requested?.cause).toContain("ada@example.com ended the pause.");
      expect((await conditionOf(stub, "gold")).paused).toBeNull();
    });
  }

  it("a pause with an end ends by itself, or later if extended", async () => {
    const stub = await prepared();
    unwrap(await pause(stub, "all", { until: timeNow() + HOUR }));
    await report(stub, "silver");
    await pass(stub, 30 * MINUTE);
    unwrap(await pause(stub, "all", { until: timeNow() + HOUR }));
    await pass(stub, HOUR - 1);
    expect(await runsOf(stub)).toEqual([]);
    await pass(stub, 1);
    expect((await runsOf(stub)).map((run) => run.createdAt)).toEqual([START + MINUTE + 90 * MINUTE]);
    expect(unwrap(await stub.ask("conditions.pauses", undefined))).toEqual([]);
    expect(await rows(stub, "SELECT kind FROM timer WHERE kind = 'pause_end'")).toEqual([]);
  });

  it("a paused condition is not woken again and loses no cron tick", async () => {
    const stub = newDeployment();
    await publish(stub, conditioned({ gold: { automation: cronTickPassed("0 * * * *") } }));
    await pass(stub, MINUTE);
    unwrap(await pause(stub, "all"));
    await pass(stub, 5 * HOUR);
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
    unwrap(await stub.perform("conditions.unpause", { scope: "all" }, person));
    expect(await runsOf(stub)).toHaveLength(1);
    await pass(stub, HOUR);
    expect(await runsOf(stub)).toHaveLength(2);
  });

  it("a pause of nothing, or one that has already ended, is refused", async () => {
    const stub = await prepared();
    for (const [scope, extra] of [
      ["asset:nothing", {}],
      ["location:nothing", {}],
      ["all", { until: timeNow() }],
    ] as const)
      expect((await pause(stub, scope, extra)).ok).toBe(false);
    expect(unwrap(await stub.perform("conditions.unpause", { scope: "all" }, person))).toEqual([]);
  });

  it("dashboards get pauses and evaluations with requests", async () => {
    const stub = await prepared();
    const live = new LiveClient();
    await live.connect(stub);
    unwrap(await pause(stub, "asset:gold"));
    await report(stub, "silver");
    await live.until(() => live.changes().some((change) => change.type === "evaluation" && change.evaluation.requested === 1));
    const changes = live.changes();
    expect(changes.find((change) => change.type === "pauses")).toMatchObject({ pauses: [{ scope: "asset:gold" }] });
    const told = changes.flatMap((change) =>
      change.type === "evaluation" ? [[change.evaluation.target, change.evaluation.requested]] : [],
    );
    expect(told.toSorted()).toEqual([
      ["gold", 0],
      ["other", 1],
    ]);
  });
});
