/** Schedules: when they fire, which runs they start, and that no tick happens twice. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { ringAlarm, setClock, useRealClock } from "./support/clock.ts";
import { newDeployment, person, publish, raw, rows } from "./support/deployment.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

const jobs = [{ name: "nightly", selection: "*" }];
const HOUR = 3_600_000;
const NOON = Date.UTC(2027, 5, 15, 12);

describe("a schedule whose last run is active", () => {
  afterEach(useRealClock);

  async function overlapping(overlap: ManifestSchedule["overlap"]) {
    setClock(NOON);
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ name: "s", job: "nightly", cron: ["@hourly"], overlap }] }));
    const tickAt = async (hour: number) => {
      setClock(NOON + hour * HOUR);
      await ringAlarm(stub);
    };
    for (const hour of [1, 2, 3]) await tickAt(hour);
    const look = async () => ({
      ticks: (await rows(stub, "SELECT state FROM tick ORDER BY scheduled_for")).map((row) => row["state"]),
      runs: (await rows(stub, "SELECT status FROM run ORDER BY no")).map((row) => row["status"]),
    });
    const run = async () => String((await rows(stub, "SELECT id FROM run WHERE status = 'queued' ORDER BY no LIMIT 1"))[0]?.["id"]);
    return { stub, look, tickAt, run };
  }

  it("the overlap policy 'queue' lets one tick wait for the run", async () => {
    const { stub, look, run } = await overlapping("queue");
    expect(await look()).toEqual({ ticks: ["requested", "open", "skipped"], runs: ["queued"] });
    expect(unwrap(await stub.ask("automations.get", { location: "lake", kind: "schedule", name: "s" })).automation.waiting).toContain(
      "has not ended",
    );
    await evictDurableObject(raw(stub));
    unwrap(await stub.perform("runs.cancel", { run: await run() }, person));
    expect(await look()).toEqual({ ticks: ["requested", "requested", "skipped"], runs: ["canceled", "queued"] });
  });
});
