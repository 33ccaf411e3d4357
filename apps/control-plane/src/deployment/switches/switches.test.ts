/** The switch of a code location: nothing starts before a person switches it on, and switching it off stops everything. */
import { describe, expect, it } from "vitest";
import { eager } from "@headgate/shared/domain/automation/build.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { person, TestDeployment } from "../../testing/test-deployment.ts";
import { setAutomation } from "../automations/change-automation.ts";
import { reportAsset } from "../assets/report-asset.ts";
import { activateVersion } from "../catalog/activate-version.ts";
import { pauseConditions } from "../conditions/pauses.ts";
import { switchLocation } from "./switch-location.ts";
import { switchViews } from "./switch-views.ts";

const HOUR = 3_600_000;
type Status = "running" | "stopped" | undefined;
interface Defined {
  readonly schedule?: Status;
  readonly sensor?: Status;
  readonly condition?: Status;
}

const given = (status: Status) => (status === undefined ? {} : { defaultStatus: status });

/** A schedule, an asset sensor and a condition. */
function shop({ schedule, sensor, condition }: Defined = {}, extra: object = {}) {
  const { assets, units } = assetsOf({ a: [], b: [], c: ["a"] });
  return manifest({
    units,
    assets: assets.map((asset) =>
      asset.key === "c" ? { ...asset, automation: eager(), ...(condition && { automationStatus: condition }) } : asset,
    ),
    jobs: [{ name: "load", selection: "b" }],
    schedules: [{ name: "hourly", job: "load", cron: ["0 * * * *"], ...given(schedule) }],
    sensors: [{ name: "follow", kind: "asset", job: "load", assets: ["a"], evaluated: false, ...given(sensor) }],
    ...extra,
  });
}

async function firstPublish(defined: Defined = {}): Promise<TestDeployment> {
  const deployment = await TestDeployment.open();
  deployment.publish(shop(defined), { quiet: true });
  return deployment;
}

type Step = "on" | "off" | "publish" | "schedule on" | "schedule off" | "schedule reset" | "pause" | "rollback";

function take(deployment: TestDeployment, step: Step, defined: Defined): void {
  const hourly = { location: "lake", kind: "schedule", name: "hourly" } as const;
  const set = (enabled: boolean | null) => deployment.done((tx) => setAutomation(tx, { ...hourly, enabled }, person));
  switch (step) {
    case "on":
    case "off":
      deployment.done((tx) => switchLocation(tx, { location: "lake", on: step === "on" }, person));
      return;
    case "publish":
      deployment.publish(shop(defined), { quiet: true });
      return;
    case "schedule on":
      set(true);
      return;
    case "schedule off":
      set(false);
      return;
    case "schedule reset":
      set(null);
      return;
    case "pause":
      deployment.done((tx) => pauseConditions(tx, { scope: "all" }, "ada"));
      return;
    case "rollback": {
      const [first] = deployment.rows("SELECT id FROM version ORDER BY number");
      deployment.done((tx) => activateVersion(tx, { location: "lake", version: String(first?.["id"]) }));
      return;
    }
    default:
      throw new Error(step satisfies never);
  }
}

/** What makes runs when an hour passes and `a` is materialized, by what it is. */
function started(deployment: TestDeployment): string[] {
  deployment.done((tx) => reportAsset(tx, { type: "materialized", asset: "a", metadata: {} }, { by: "ada", chain: null }));
  deployment.pass(HOUR);
  return [...new Set(deployment.rows("SELECT trigger ->> 'type' AS cause FROM run").map(({ cause }) => String(cause)))].toSorted();
}

const ALL = ["condition", "schedule", "sensor"];
const SITUATIONS: readonly (readonly [Defined, readonly Step[], readonly string[]])[] = [
  [{}, [], []],
  [{ schedule: "running" }, [], ["schedule"]],
  [{ sensor: "running" }, [], ["sensor"]],
  [{ condition: "running" }, [], ["condition"]],
  [{ schedule: "running", sensor: "running", condition: "running" }, [], ALL],
  [{ schedule: "stopped", sensor: "stopped", condition: "stopped" }, [], []],
  [{}, ["publish", "publish"], []],
  [{}, ["on"], ALL],
  [{}, ["on", "on"], ALL],
  [{}, ["publish", "on"], ALL],
  [{}, ["on", "publish"], ALL],
  [{ schedule: "stopped" }, ["on"], ["condition", "sensor"]],
  [{ sensor: "stopped" }, ["on"], ["condition", "schedule"]],
  [{ condition: "stopped" }, ["on"], ["schedule", "sensor"]],
  [{}, ["on", "pause"], ["schedule", "sensor"]],
  [{}, ["schedule on"], ["schedule"]],
  [{ schedule: "stopped" }, ["schedule on"], ["schedule"]],
  [{ schedule: "running" }, ["schedule off"], []],
  [{}, ["schedule off", "on"], ["condition", "sensor"]],
  [{}, ["schedule on", "schedule reset"], []],
  [{}, ["schedule on", "off"], []],
  [{}, ["schedule on", "off", "on"], ALL],
  [{ schedule: "running", sensor: "running", condition: "running" }, ["off"], []],
  [{}, ["off", "publish"], []],
  [{}, ["off", "schedule on"], ["schedule"]],
  [{}, ["off", "schedule on", "publish"], ["schedule"]],
  [{}, ["off", "schedule on", "off"], []],
  [{}, ["off", "schedule on", "off", "on"], ALL],
  [{ schedule: "stopped" }, ["schedule on", "off", "on"], ALL],
  [{}, ["on", "schedule off", "off", "on"], ["condition", "sensor"]],
  [{}, ["publish", "rollback"], []],
  [{}, ["on", "publish", "rollback"], ALL],
];

describe("a new code location", () => {
  it.each(SITUATIONS)("defining %j, after %j, starts only %j", async (defined, steps, expected) => {
    const deployment = await firstPublish(defined);
    for (const step of steps) take(deployment, step, defined);
    expect(started(deployment)).toEqual(expected);
  });

  it("the view of its switch lists what is off and why", async () => {
    const deployment = await firstPublish({ sensor: "stopped" });
    take(deployment, "schedule on", {});
    take(deployment, "schedule off", {});
    const views = deployment.commit((tx) => switchViews({ ...tx, lastPing: () => null }));
    expect(views).toEqual([
      {
        location: "lake",
        state: "new",
        changed: null,
        on: { schedules: 0, sensors: 0, conditions: 0 },
        off: { schedules: 1, sensors: 1, conditions: 1 },
        names: [
          { kind: "schedule", name: "hourly", reason: "person" },
          { kind: "sensor", name: "follow", reason: "definition" },
          { kind: "condition", name: "c", reason: "never_switched_on" },
        ],
      },
    ]);
  });

  it("a schedule never fires for the time in which it was off", async () => {
    const deployment = await firstPublish();
    deployment.done((tx) => reportAsset(tx, { type: "materialized", asset: "a", metadata: {} }, { by: "ada", chain: null }));
    deployment.pass(5 * HOUR);
    take(deployment, "on", {});
    deployment.pass(HOUR);
    expect(deployment.rows("SELECT trigger ->> 'type' AS cause FROM run")).toEqual([{ cause: "schedule" }]);
  });

  it("a definition published while the location is on starts as it says", async () => {
    const deployment = await firstPublish();
    take(deployment, "on", {});
    const schedules = ["plain", "running", "stopped"].map((name) => ({
      name,
      job: "load",
      cron: ["0 * * * *"],
      ...(name !== "plain" && { defaultStatus: name as Status }),
    }));
    deployment.publish(shop({}, { schedules }), { quiet: true });
    deployment.pass(HOUR);
    expect(deployment.rows("SELECT name FROM tick ORDER BY name").map(({ name }) => name)).toEqual(["plain", "running"]);
  });

  it("a condition that is switched on again requests what it missed", async () => {
    const { assets, units } = assetsOf({ a: [], c: ["a"] });
    const followed = manifest({ units, assets: assets.map((asset) => (asset.key === "c" ? { ...asset, automation: eager() } : asset)) });
    const deployment = await TestDeployment.open();
    deployment.publish(followed);
    take(deployment, "off", {});
    deployment.done((tx) => reportAsset(tx, { type: "materialized", asset: "a", metadata: {} }, { by: "ada", chain: null }));
    deployment.pass(HOUR);
    expect(deployment.rows("SELECT no FROM run")).toEqual([]);
    take(deployment, "on", {});
    deployment.pass(HOUR);
    expect(deployment.rows("SELECT trigger ->> 'type' AS cause FROM run")).toEqual([{ cause: "condition" }]);
  });

  it("an unknown code location cannot be switched", async () => {
    const deployment = await firstPublish();
    const refused = deployment.commit((tx) => switchLocation(tx, { location: "lakee", on: true }, person));
    expect(() => (refused.ok ? null : throwRefusal(refused.error.message))).toThrow(
      "There is no active code location lakee. Did you mean lake?",
    );
  });
});

function throwRefusal(message: string): never {
  throw new AppError("not_found", message);
}
