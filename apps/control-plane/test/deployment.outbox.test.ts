/** Messages leave a deployment through its outbox: here to the real directory, whose table is missing for a while. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { openDirectory } from "../src/directory/database.ts";
import { ensureDeployment } from "../src/directory/deployments.ts";
import { ensureOrganization } from "../src/directory/organizations.ts";
import { placeOfWebhook } from "../src/directory/webhooks.ts";
import { deploymentStub } from "../src/http/deployment-stub.ts";
import { type DeploymentObject, fireTimers, publish, raw, rows } from "./support/deployment.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
import { migrate, operator } from "./support/world.ts";

beforeAll(migrate);
afterEach(async () => setDirectoryAway(false));

let away = false;

async function setDirectoryAway(next: boolean): Promise<void> {
  if (next === away) return;
  away = next;
  await env.DB.prepare(next ? "ALTER TABLE hook RENAME TO hook_away" : "ALTER TABLE hook_away RENAME TO hook").run();
}

async function newPlace(name: string): Promise<DeploymentObject> {
  const directory = openDirectory(env.DB);
  const organization = await ensureOrganization(directory, "outbox", operator);
  const place = await ensureDeployment(directory, { org: "outbox", organizationId: organization.id, name, actor: operator });
  return (await deploymentStub(env, place)) as DeploymentObject;
}

function withWebhooks(...names: string[]) {
  const sensors = names.map((name) => ({ name, kind: "webhook" as const, job: "load", webhook: { verify: "none" as const } }));
  return manifest({ ...assetsOf({ a: [] }), jobs: [{ name: "load", selection: "*" }], sensors });
}

const addresses = async (stub: DeploymentObject) => (await rows(stub, "SELECT id FROM hook ORDER BY id")).map((row) => String(row["id"]));
const messages = (stub: DeploymentObject) => rows(stub, "SELECT key, attempts, dead_at IS NOT NULL AS dead, error FROM outbox");
const known = async (id: string) => (await placeOfWebhook(openDirectory(env.DB), id))?.name ?? null;

describe("registration of webhooks", () => {
  it("the directory knows a new webhook when its version is active", async () => {
    const stub = await newPlace("direct");
    await publish(stub, withWebhooks("one", "two"));
    for (const id of await addresses(stub)) expect(await known(id)).toBe("direct");
    expect(await messages(stub)).toEqual([]);
  });

  it("a registration waits for the directory, even through an eviction", async () => {
    const stub = await newPlace("later");
    await setDirectoryAway(true);
    await publish(stub, withWebhooks("one"));
    const [message] = await messages(stub);
    expect(message).toMatchObject({ attempts: 1, dead: 0 });
    expect(String(message?.["error"])).toContain("no such table");
    await evictDurableObject(raw(stub));
    await setDirectoryAway(false);
    await rows(stub, "UPDATE outbox SET next_at = 1");
    await fireTimers(stub, "outbox");
    await expect.poll(() => messages(stub)).toEqual([]);
    const [id = ""] = await addresses(stub);
    expect(await known(id)).toBe("later");
  });

  it("a registration becomes a dead letter after twenty attempts", async () => {
    const stub = await newPlace("dead");
    await setDirectoryAway(true);
    await publish(stub, withWebhooks("one"));
    const [first] = await messages(stub);
    await rows(stub, "UPDATE outbox SET attempts = 19, next_at = 1");
    await fireTimers(stub, "outbox");
    await expect.poll(async () => (await messages(stub))[0]).toMatchObject({ key: first?.["key"], attempts: 20, dead: 1 });
    expect(await rows(stub, "SELECT id FROM timer WHERE kind = 'outbox'")).toEqual([]);
  });
});
