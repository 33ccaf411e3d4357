/** Deliveries of webhooks: verified, stored once, handed to their sensor, kept for a while; and their secrets. */
import { describe, expect, it } from "vitest";
import type { SensorInput } from "../../../test/support/manifests.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { person, TestDeployment } from "../../testing/test-deployment.ts";
import { setAutomation } from "../automations/change-automation.ts";
import { replayDelivery } from "./ingest.ts";
import { newWebhookTraffic, receiveDelivery } from "./receive.ts";
import { revokeSecret, rotateSecret, switchWebhook } from "./webhook-secrets.ts";
import { webhookIds } from "./webhook-store.ts";

const DAY = 86_400_000;
const AT = { location: "lake", sensor: "files" };
const PLAIN = { verify: "none" } as const;

async function hooked(webhook: SensorInput["webhook"] = PLAIN, sensor: Partial<SensorInput> = {}) {
  const deployment = await TestDeployment.with(
    manifest({
      ...assetsOf({ a: [] }),
      jobs: [{ name: "load", selection: "a" }],
      sensors: [{ name: "files", kind: "webhook", job: "load", webhook, evaluated: false, ...sensor }],
    }),
  );
  const [hook = ""] = webhookIds(deployment.engine.db);
  const traffic = newWebhookTraffic();
  const ports = { reader: () => deployment.engine.reader(), commit: deployment.commit };
  const send = (body: unknown, options: { readonly id?: string; readonly secret?: string; readonly text?: string } = {}) =>
    receiveDelivery(ports, traffic, {
      hook,
      pathSecret: options.secret ?? null,
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: "Bearer x",
        ...(options.id !== undefined && { "webhook-id": options.id }),
      },
      query: { from: "test" },
      body: new TextEncoder().encode(options.text ?? JSON.stringify(body)),
    });
  return { deployment, hook, send };
}
const states = (deployment: TestDeployment) => deployment.rows("SELECT state FROM delivery ORDER BY no").map(({ state }) => state);

describe("deliveries and addresses", () => {
  it("a delivery is stored, wakes its sensor, and its run is noted", async () => {
    const { deployment, send } = await hooked();
    expect(await send({ n: 1 })).toMatchObject({ ok: true, value: { repeated: false } });
    expect(states(deployment)).toEqual(["requested"]);
    const [run] = deployment.rows("SELECT id FROM run");
    expect(deployment.rows("SELECT runs ->> 0 AS run FROM delivery")).toEqual([{ run: run?.["id"] }]);
    expect(deployment.factsOf("deliveries_handled")).toHaveLength(1);
  });

  it("a delivery with a known id is not stored again", async () => {
    const { deployment, send } = await hooked();
    const first = await send({ n: 1 }, { id: "evt-1" });
    const again = await send({ n: 1 }, { id: "evt-1" });
    expect(first.ok && again.ok && again.value).toEqual({ ...(first.ok && first.value), repeated: true });
    expect(states(deployment)).toHaveLength(1);
  });

  it("a delivery keeps its headers without those that are secret", async () => {
    const { deployment, send } = await hooked();
    await send({ n: 1 });
    const [row] = deployment.rows("SELECT headers, query, body FROM delivery");
    expect(row).toEqual({ headers: '{"content-type":"application/json"}', query: '{"from":"test"}', body: '{"n":1}' });
  });

  it("a delivery must be JSON unless its webhook takes text", async () => {
    const plain = await hooked();
    expect(await plain.send(null, { text: "a=1" })).toMatchObject({ ok: false, error: { code: "invalid_input" } });
    const raw = await hooked({ verify: "none", raw: true });
    expect(await raw.send(null, { text: "a=1" })).toMatchObject({ ok: true });
    expect(raw.deployment.rows("SELECT body FROM delivery")).toEqual([{ body: "a=1" }]);
  });

  it("a delivery to a webhook that is switched off finds nothing", async () => {
    const { deployment, send } = await hooked();
    deployment.done((tx) => switchWebhook(tx, { at: AT, enabled: false }));
    expect(await send({ n: 1 })).toMatchObject({ ok: false, error: { code: "not_found" } });
    deployment.done((tx) => switchWebhook(tx, { at: AT, enabled: true }));
    expect(await send({ n: 1 })).toMatchObject({ ok: true });
  });

  it("a delivery to a stopped sensor finds nothing", async () => {
    const { deployment, send } = await hooked(PLAIN, { evaluated: true });
    await send({ n: 1 });
    expect(states(deployment)).toEqual(["pending"]);
    deployment.done((tx) => setAutomation(tx, { location: "lake", kind: "sensor", name: "files", enabled: false }, person));
    expect(states(deployment)).toEqual(["skipped"]);
    expect(await send({ n: 2 })).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a delivery that cannot be stored is to be sent again", async () => {
    const { deployment, send } = await hooked();
    deployment.rows("CREATE TRIGGER full BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'full'); END");
    expect(await send({ n: 1 })).toMatchObject({ ok: false, error: { code: "unavailable" } });
    expect(deployment.rows("SELECT no FROM sensor_event")).toEqual([]);
  });

  it("a delivery may be handled again once it was handled", async () => {
    const { deployment, send } = await hooked(PLAIN, { evaluated: true });
    const agent = deployment.agent({ slots: 0 });
    const handle = () => {
      agent.ping();
      deployment.pass(30_000);
      const result = { outcome: "evaluated", cursor: null, runs: [{ tags: {} }], logs: [] } as const;
      agent.report({ k: "tick", tick: agent.last("tick").tick, result: { ...result, runs: [{ tags: {} }], logs: [] } });
    };
    const sent = await send({ n: 1 });
    const id = sent.ok ? sent.value.delivery : "";
    expect(deployment.commit((tx) => replayDelivery(tx, id))).toMatchObject({ ok: false, error: { code: "conflict" } });
    handle();
    expect(states(deployment)).toEqual(["requested"]);
    deployment.done((tx) => replayDelivery(tx, id));
    expect(states(deployment)).toEqual(["pending"]);
    handle();
    expect(deployment.rows("SELECT count(*) AS n FROM run")).toEqual([{ n: 2 }]);
    expect(deployment.commit((tx) => replayDelivery(tx, "none"))).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a delivery is refused when the sender exceeds its rate", async () => {
    const { send } = await hooked();
    const answers = [];
    for (let sent = 0; sent < 2_000; sent++) {
      const answer = await send({ sent });
      if (!answer.ok) {
        answers.push(answer.error.code);
        break;
      }
    }
    expect(answers).toEqual(["rate_limited"]);
  });

  it("a delivery is kept for a while and then removed", async () => {
    const { deployment, send } = await hooked();
    await send({ n: 1 });
    deployment.pass(DAY);
    expect(states(deployment)).toHaveLength(1);
    deployment.pass(60 * DAY);
    expect(states(deployment)).toEqual([]);
  });
});

describe("secrets of webhooks", () => {
  it("a secret lets deliveries in that carry it, and no others", async () => {
    const { deployment, send } = await hooked({ verify: "secret" });
    const { secret } = deployment.done((tx) => rotateSecret(tx, { at: AT, by: "ada" }));
    expect(await send({ n: 1 }, { secret })).toMatchObject({ ok: true });
    expect(await send({ n: 1 }, { secret: "guess" })).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    expect(await send({ n: 1 })).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    expect(deployment.rows("SELECT refused FROM hook")).toEqual([{ refused: 2 }]);
  });

  it("a secret that is older stays good until it is revoked", async () => {
    const { deployment, send } = await hooked({ verify: "secret" });
    const old = deployment.done((tx) => rotateSecret(tx, { at: AT, by: "ada" })).secret;
    deployment.now += 1000;
    const newer = deployment.done((tx) => rotateSecret(tx, { at: AT, by: "ada" })).secret;
    expect(await send({ n: 1 }, { secret: old })).toMatchObject({ ok: true });
    const [first] = deployment.rows("SELECT id FROM hook_secret ORDER BY created_at");
    deployment.done((tx) => revokeSecret(tx, { at: AT, secret: first?.["id"] as string }));
    expect(await send({ n: 2 }, { secret: old })).toMatchObject({ ok: false });
    expect(await send({ n: 3 }, { secret: newer })).toMatchObject({ ok: true });
  });

  it("a secret that is unknown cannot be revoked", async () => {
    const { deployment } = await hooked({ verify: "secret" });
    expect(deployment.commit((tx) => revokeSecret(tx, { at: AT, secret: "none" }))).toMatchObject({ ok: false });
    expect(deployment.commit((tx) => rotateSecret(tx, { at: { ...AT, sensor: "none" }, by: "ada" }))).toMatchObject({ ok: false });
  });
});
