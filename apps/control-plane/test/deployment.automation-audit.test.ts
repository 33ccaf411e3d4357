/** Changes of schedules and sensors through the API are in the audit log. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import type { AutomationDetail, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import { publish, smallLocation, trpc } from "./support/publishing.ts";
import { makePlace, migrate } from "./support/world.ts";

beforeAll(migrate);

test("setting a cursor is audited with its value before and after", async () => {
  const at = await makePlace("org-audit", "prod");
  const jobs = [{ name: "load", selection: "*" }];
  await publish(at, await smallLocation({ jobs, sensors: [{ name: "files", kind: "polling", job: "load" }] }));
  const ref = { location: "lake", kind: "sensor", name: "files" } as const;
  await trpc(at, "automations.setCursor", { ...ref, cursor: "one" });
  await trpc(at, "automations.setCursor", { ...ref, cursor: "two" });
  expect((await trpc<AutomationDetail>(at, "automations.get", ref)).cursor).toBe("two");
  expect(await trpc<AutomationView>(at, "automations.setEnabled", { ...ref, enabled: false })).toMatchObject({ enabled: false });
  const lines = await vi.waitFor(async () => {
    const query = env.DB.prepare(
      "SELECT action, target, after FROM audit WHERE deployment_id = ? AND action LIKE 'automations.%' ORDER BY rowid",
    );
    const { results } = await query.bind(at.place.id).all<{ action: string; target: string; after: string }>();
    expect(results).toHaveLength(3);
    return results;
  });
  expect(lines.map(({ action, target }) => [action, target])).toEqual([
    ["automations.setCursor", "lake/sensor/files"],
    ["automations.setCursor", "lake/sensor/files"],
    ["automations.setEnabled", "lake"],
  ]);
  expect(lines.slice(0, 2).map(({ after }) => JSON.parse(after) as unknown)).toMatchObject([
    { cursor: "one", before: null },
    { cursor: "two", before: "one" },
  ]);
});
