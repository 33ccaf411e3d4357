/** Webhook deliveries over the network: every answer that a sender can get, and that each delivery has its effect once. */
import { createScheduledController, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Webhook } from "standardwebhooks";
import type { AutomationDetail, TickDetail } from "@headgate/shared/contract/automations/automation-views.ts";
import type { DeliveryDetail, DeliverySummary, WebhookSecret, WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { DeploymentSettings } from "@headgate/shared/contract/runs/settings.ts";
import type { QueueView } from "@headgate/shared/contract/runs/queue.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { Deployment } from "../src/deployment/deployment.ts";
import { DELIVERY_RATE, REFUSAL_RATE } from "../src/deployment/webhooks/webhook-rates.ts";
import worker from "../src/worker.ts";
import { call, errorOf } from "./support/client.ts";
import { apiPath, publish, smallLocation, trpc, type ManifestInput } from "./support/publishing.ts";
import { makePlace, migrate, type Place } from "./support/world.ts";

type Sensor = NonNullable<ManifestInput["sensors"]>[number];
const encoder = new TextEncoder();
const jobs = [{ name: "load", selection: "*" }];
const mapped = { runKey: "id", tags: { from: "$headers.x-from", day: "data.day" }, when: [{ path: "type", equals: "sync" }] };
const hook = (name: string, webhook: Sensor["webhook"], extra: Partial<Sensor> = {}): Sensor => ({
  name,
  kind: "webhook",
  job: "load",
  evaluated: false,
  webhook,
  ...extra,
});

let at: Place;
let other: Place;
beforeAll(async () => {
  await migrate();
  at = await makePlace("acme", "prod");
  other = await makePlace("globex", "prod");
  const sensors = [
    hook("signed", { verify: "standard", map: mapped }),
    hook("github", { verify: "github", map: { runKey: "after" } }),
    hook("secret", { verify: "secret", map: mapped }),
    hook("open", { verify: "none" }),
    hook("text", { verify: "none", raw: true }),
    hook("off", { verify: "none" }, { defaultStatus: "stopped" }),
    hook("switched", { verify: "none" }),
    hook("coded", { verify: "none" }, { evaluated: true }),
    hook("flood", { verify: "none" }),
    hook("plain", { verify: "none", map: { partition: "day" } }),
  ];
  await publish(at, await smallLocation({ jobs, sensors }));
  await publish(other, await smallLocation({ jobs, sensors }));
});

const view = async (sensor: string, place = at) => {
  const found = await trpc<WebhookView>(place, "webhooks.get", { location: "lake", sensor });
  return { ...found, id: found.id ?? "", path: found.path ?? "" };
};
const rotate = (sensor: string, place = at) => trpc<WebhookSecret>(place, "webhooks.rotateSecret", { location: "lake", sensor });
const deliveries = async (sensor: string, place = at) =>
  (await trpc<Page<DeliverySummary>>(place, "webhooks.deliveries", { location: "lake", sensor })).items;
const runs = async (place = at) => (await trpc<Page<RunSummary>>(place, "runs.list", { filter: {}, limit: 500 })).items;

interface Sent {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Sends as a webhook sender does, without session and token. */
function send(path: string | null, { body = {}, headers = {} }: Sent = {}): Promise<Response> {
  return call({
    method: "POST",
    path: path ?? "",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream ? body : JSON.stringify(body),
  });
}

/** Signs with the reference implementation of the scheme, not with our code. */
function signed(secret: string, input: { readonly id: string; readonly body: unknown; readonly at?: Date }): Sent {
  const text = JSON.stringify(input.body);
  const when = input.at ?? new Date();
  const signature = new Webhook(secret).sign(input.id, when, text);
  return {
    body: text,
    headers: { "webhook-id": input.id, "webhook-timestamp": String(Math.floor(when.getTime() / 1000)), "webhook-signature": signature },
  };
}

async function githubSignature(secret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return `sha256=${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

describe("webhooks with Standard Webhooks signatures", () => {
  it("a signed delivery starts its run without an agent and gets 202", async () => {
    const { secret, hook: made, url } = await rotate("signed");
    expect(secret).toMatch(/^whsec_/);
    expect(url).toBeNull();
    const body = { type: "sync", id: "job-1", data: { day: "2026-11-23" } };
    const request = signed(secret, { id: "msg_1", body });
    const response = await send(made.path, { ...request, headers: { ...request.headers, "x-from": "airbyte" } });
    expect(response.status).toBe(202);
    const { delivery } = await response.json<{ delivery: string }>();
    const [run] = await runs();
    expect(run).toMatchObject({ job: "load", tags: { from: "airbyte", day: "2026-11-23" }, trigger: { type: "sensor", name: "signed" } });
    const stored = await trpc<DeliveryDetail>(at, "webhooks.delivery", { id: delivery });
    expect(stored).toMatchObject({ senderId: "msg_1", state: "requested", runs: [run?.id], received: 1, body: JSON.stringify(body) });
    expect(Object.keys(stored.headers)).not.toContain("webhook-signature");
    expect(await trpc<TickDetail>(at, "automations.tick", { id: stored.tick })).toMatchObject({
      cause: "webhook",
      runs: [run?.id],
      events: [{ type: "webhook", delivery, body: null }],
    });
    expect((await view("signed")).secrets[0]).toMatchObject({ lastUsedAt: expect.any(Number) as unknown });
  });

  it("a repeated delivery gets 200 and has no effect, despite an eviction", async () => {
    const { secret, hook: made } = await rotate("signed");
    const request = signed(secret, { id: "msg_twice", body: { type: "sync", id: "twice" } });
    const first = await send(made.path, request);
    const before = (await runs()).length;
    await evictDurableObject(env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(at.place.id)));
    const again = await send(made.path, request);
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(await again.json()).toEqual(await first.json());
    expect((await runs()).length).toBe(before);
    expect((await deliveries("signed")).find((row) => row.senderId === "msg_twice")).toMatchObject({ received: 2 });
  });

  it("a run key makes one run, however many deliveries name it", async () => {
    const { secret, hook: made } = await rotate("signed");
    for (const id of ["msg_a", "msg_b"])
      expect((await send(made.path, signed(secret, { id, body: { type: "sync", id: "the-key" } }))).status).toBe(202);
    const rows = (await deliveries("signed")).filter((row) => row.senderId === "msg_a" || row.senderId === "msg_b");
    expect(rows.map((row) => [row.senderId, row.state, row.runs.length])).toEqual([
      ["msg_b", "skipped", 0],
      ["msg_a", "requested", 1],
    ]);
  });

  it("a delivery that its mapping skips or rejects has a reason", async () => {
    const { secret, hook: made } = await rotate("signed");
    expect((await send(made.path, signed(secret, { id: "msg_other", body: { type: "ping" } }))).status).toBe(202);
    expect((await send(made.path, signed(secret, { id: "msg_misfit", body: { type: "sync" } }))).status).toBe(202);
    const [misfit, other_] = await deliveries("signed");
    expect(misfit).toMatchObject({ state: "failed", message: expect.stringContaining("the run key should stand at 'id'") as unknown });
    expect(other_).toMatchObject({ state: "skipped", message: `'type' is "ping", not "sync"` });
  });

  it("two secrets are valid at once, and a third replaces the oldest", async () => {
    const made: WebhookSecret[] = [];
    for (let count = 0; count < 3; count++) made.push(await rotate("signed"));
    const path = made[0]?.hook.path ?? "";
    const answers: number[] = [];
    for (const [index, { secret }] of made.entries())
      answers.push((await send(path, signed(secret, { id: `msg_rotate_${index}`, body: { type: "ping" } }))).status);
    expect(answers).toEqual([401, 202, 202]);
    const [oldest] = (await view("signed")).secrets;
    await trpc(at, "webhooks.revokeSecret", { location: "lake", sensor: "signed", secret: oldest?.id });
    expect((await send(path, signed(made[1]?.secret ?? "", { id: "msg_revoked", body: {} }))).status).toBe(401);
    expect((await send(path, signed(made[2]?.secret ?? "", { id: "msg_kept", body: {} }))).status).toBe(202);
  });

  it("one good signature among several is enough", async () => {
    const { secret, hook: made } = await rotate("signed");
    const request = signed(secret, { id: "msg_several", body: { type: "ping" } });
    const foreign = new Webhook(`whsec_${btoa("another secret")}`).sign("msg_several", new Date(), "{}");
    const headers = { ...request.headers, "webhook-signature": `v2,abc ${foreign} ${request.headers?.["webhook-signature"]}` };
    expect((await send(made.path, { ...request, headers })).status).toBe(202);
  });

  it("unsigned, changed, old, early and ambiguous deliveries get 401 and are counted", async () => {
    const { secret, hook: made } = await rotate("signed");
    const good = signed(secret, { id: "msg_bad", body: { type: "sync", id: "never" } });
    const headers = good.headers ?? {};
    const minutes = (count: number) => new Date(Date.now() + count * 60_000);
    const before = (await view("signed")).refused;
    const attempts: Sent[] = [
      { body: good.body },
      { ...good, body: JSON.stringify({ type: "sync", id: "changed" }) },
      { ...good, headers: { ...headers, "webhook-id": "msg_other_id" } },
      { ...good, headers: { ...headers, "webhook-signature": "v1,not-base64!" } },
      { ...good, headers: { ...headers, "webhook-timestamp": "soon" } },
      signed(secret, { id: "msg_old", body: {}, at: minutes(-6) }),
      signed(secret, { id: "msg_early", body: {}, at: minutes(6) }),
      signed(secret, { id: "msg.dotted", body: {} }),
      signed(`whsec_${btoa("the secret of another webhook")}`, { id: "msg_foreign", body: {} }),
    ];
    for (const attempt of attempts) {
      const response = await send(made.path, attempt);
      expect(response.status).toBe(401);
      expect((await errorOf(response)).code).toBe("unauthenticated");
    }
    const after = await view("signed");
    expect(after.refused - before).toBe(attempts.length);
    expect(after.lastRefusedAt).not.toBeNull();
    expect(after.refusals[0]?.reason).toContain("no webhook-signature fits");
    expect(after.refusals[3]?.reason).toContain("5 minutes off");
    expect((await deliveries("signed")).some((row) => row.senderId === "msg_bad")).toBe(false);
  });
});

describe("webhooks of GitHub", () => {
  it("a GitHub signature is accepted, and its delivery id is recognized", async () => {
    const { secret, hook: made } = await rotate("github");
    const text = JSON.stringify({ after: "abc" });
    const headers = { "x-hub-signature-256": await githubSignature(secret, text), "x-github-delivery": "guid-1" };
    expect((await send(made.path, { body: text, headers })).status).toBe(202);
    expect((await send(made.path, { body: text, headers })).status).toBe(200);
    expect((await send(made.path, { body: `${text} `, headers: { ...headers, "x-github-delivery": "guid-2" } })).status).toBe(401);
    expect((await send(made.path, { body: text })).status).toBe(401);
    // The id is not signed, so a recorded delivery must not count again under another id, or without one.
    const { "x-hub-signature-256": signature } = headers;
    for (const again of [{ "x-hub-signature-256": signature, "x-github-delivery": "guid-3" }, { "x-hub-signature-256": signature }])
      expect((await send(made.path, { body: text, headers: again })).status).toBe(200);
    expect((await deliveries("github")).map((row) => [row.senderId, row.state, row.received])).toEqual([["guid-1", "requested", 4]]);
  });
});

describe("webhooks with a shared secret", () => {
  it("the secret is accepted in headers or the address and never shown", async () => {
    const { secret, hook: made, url } = await rotate("secret");
    expect(url).toBe(`${made.path}/${secret}`);
    const ways: readonly (readonly [string | null, Record<string, string>])[] = [
      [made.path, { "x-headgate-secret": secret }],
      [made.path, { authorization: `Bearer ${secret}` }],
      [made.path, { authorization: `Basic ${btoa(`airbyte:${secret}`)}` }],
      [url ?? "", {}],
    ];
    for (const [path, headers] of ways) expect((await send(path, { body: { type: "ping" }, headers })).status).toBe(202);
    const wrong = secret.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    expect((await send(`${made.path}/${wrong}`)).status).toBe(401);
    expect((await send(made.path, { headers: { "x-headgate-secret": secret.slice(0, -1) } })).status).toBe(401);
    expect((await send(made.path)).status).toBe(401);
    const shown = JSON.stringify([
      await view("secret"),
      await deliveries("secret"),
      ...(await Promise.all((await deliveries("secret")).map((row) => trpc(at, "webhooks.delivery", { id: row.id })))),
      (await env.DB.prepare("SELECT before, after FROM audit").all()).results,
    ]);
    expect(shown).not.toContain(secret);
  });
});

describe("answers to senders", () => {
  it("unknown or switched-off webhooks, and sensors that are off, get 404", async () => {
    const paths = await Promise.all(["off", "switched"].map(async (sensor) => (await view(sensor)).path));
    const [off = "", switched = ""] = paths;
    expect((await send(switched)).status).toBe(202);
    await trpc(at, "webhooks.setEnabled", { location: "lake", sensor: "switched", enabled: false });
    const bodies = [];
    for (const path of [off, switched, "/hooks/hook_unknown", "/hooks/lake", "/hooks/switched"]) {
      const response = await send(path);
      expect(response.status).toBe(404);
      bodies.push((await errorOf(response)).message);
    }
    expect(new Set(bodies).size).toBe(1);
    await trpc(at, "webhooks.setEnabled", { location: "lake", sensor: "switched", enabled: true });
    expect((await send(switched)).status).toBe(202);
  });

  it("another method gets 405", async () => {
    const { path } = await view("open");
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await call({ method, path });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  it("more than a mebibyte gets 413, and nothing is stored", async () => {
    const { path } = await view("text");
    const large = new Uint8Array(1024 * 1024 + 1);
    expect((await send(path, { body: large })).status).toBe(413);
    const chunk = new Uint8Array(64 * 1024).fill(97);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++;
        controller.enqueue(chunk);
      },
    });
    expect((await send(path, { body: endless })).status).toBe(413);
    expect(sent).toBeLessThan(40);
    expect(await deliveries("text")).toEqual([]);
    const largest = new TextDecoder().decode(new Uint8Array(1024 * 1024).fill(97));
    expect((await send(path, { body: largest })).status).toBe(202);
    expect((await send(path, { body: new Uint8Array(1024 * 1024).fill(1) })).status).toBe(413);
  });

  it("a body that is not JSON gets 400, unless text is allowed", async () => {
    const open = await view("open");
    const text = await view("text");
    for (const body of ["{", "", "\u0000", new Uint8Array([34, 255, 34])]) {
      expect((await send(open.path, { body })).status).toBe(400);
      expect((await send(text.path, { body })).status).toBe(202);
    }
    expect((await send(open.path, { body: "[1, 2]" })).status).toBe(202);
    const { refused, refusals } = await view("open");
    expect(refused).toBe(4);
    expect(refusals[0]?.reason).toMatch(/^the delivery is not JSON: /);
  });

  it("too many deliveries or wrong signatures get 429 with a delay", async () => {
    const { path, id } = await view("flood");
    // On a busy machine a bucket would refill faster than the test can empty it.
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now());
    onTestFinished(() => clock.mockRestore());
    const stub = env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(at.place.id));
    const delivery = {
      hook: id,
      pathSecret: null,
      method: "POST",
      headers: { "webhook-id": "same" },
      query: {},
      body: encoder.encode("{}"),
    };
    const taken = await runInDurableObject(stub, async (instance: Deployment) => {
      for (let count = 0; count <= DELIVERY_RATE.burst; count++) if (!(await instance.deliver(delivery)).ok) return count;
      return -1;
    });
    expect(taken).toBe(DELIVERY_RATE.burst);
    expect((await deliveries("flood")).map((row) => row.senderId)).toEqual(["same"]);
    const response = await send(path, { headers: delivery.headers });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await errorOf(response)).code).toBe("rate_limited");
    const signedOnly = await view("github");
    const statuses = new Set<number>();
    for (let count = 0; count <= REFUSAL_RATE.burst; count++) statuses.add((await send(signedOnly.path)).status);
    expect([...statuses]).toEqual([401, 429]);
  });

  it("another deployment's webhook of the same name changes no answer", async () => {
    const here = await view("open");
    const there = await view("open", other);
    expect(here.id).not.toBe(there.id);
    const before = (await deliveries("open", other)).length;
    expect((await send(here.path)).status).toBe(202);
    expect((await deliveries("open", other)).length).toBe(before);
    const foreign = await rotate("secret", other);
    expect((await send((await view("secret")).path, { headers: { "x-headgate-secret": foreign.secret } })).status).toBe(401);
  });
});

describe("stored deliveries", () => {
  it("credentials of senders are not stored, and editors see the rest", async () => {
    const path = `${(await view("open")).path}?api_key=value-1&team=a`;
    const headers = { "x-gitlab-token": "value-2", "x-api-key": "value-3", "x-event": "push" };
    const { delivery } = await (await send(path, { headers })).json<{ delivery: string }>();
    const stored = await trpc<DeliveryDetail>(at, "webhooks.delivery", { id: delivery });
    expect(stored).toMatchObject({ headers: { "x-event": "push" }, query: { team: "a" } });
    expect(JSON.stringify(stored)).not.toMatch(/value-\d/);
    const asked = (role: Role) =>
      call({ method: "POST", path: apiPath(at, "/trpc/webhooks.delivery"), as: at.tokens[role], json: { id: delivery } });
    expect([(await asked("launcher")).status, (await asked("editor")).status]).toEqual([403, 200]);
  });
});

describe("addresses of webhooks", () => {
  it("an address that nothing else protects is hidden below role editor", async () => {
    const seenBy = async (role: Role, sensor: string) => {
      const path = apiPath(at, "/trpc/");
      const ask = async <T>(procedure: string, input: unknown): Promise<T> => {
        const response = await call({
          method: "GET",
          path: `${path}${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`,
          as: at.tokens[role],
        });
        const text = await response.text();
        expect(response.status, text).toBe(200);
        return (JSON.parse(text) as { result: { data: T } }).result.data;
      };
      const own = await ask<WebhookView>("webhooks.get", { location: "lake", sensor });
      const { hook } = await ask<AutomationDetail>("automations.get", { location: "lake", kind: "sensor", name: sensor });
      expect(hook).toEqual(own);
      return own;
    };
    const { id, path } = await view("open");
    for (const role of ["viewer", "launcher"] as const) expect(await seenBy(role, "open")).toMatchObject({ id: null, path: null });
    for (const role of ["editor", "admin"] as const) expect(await seenBy(role, "open")).toMatchObject({ id, path });
    expect((await seenBy("viewer", "signed")).path).toMatch(/^\/hooks\//);
  });
});

describe("deliveries and addresses", () => {
  it("deliveries with user code wait for a tick and can be replayed", async () => {
    const { path } = await view("coded");
    const response = await send(`${path}?team=a`, { body: { n: 1 } });
    expect(response.status).toBe(202);
    const [row] = await deliveries("coded");
    expect(row).toMatchObject({ state: "pending", runs: [] });
    expect(await trpc<DeliveryDetail>(at, "webhooks.delivery", { id: row?.id })).toMatchObject({ method: "POST", query: { team: "a" } });
    const open = (await deliveries("open"))[0];
    const before = (await runs()).length;
    const replayed = await trpc<DeliverySummary>(at, "webhooks.replay", { id: open?.id });
    expect(replayed).toMatchObject({ id: open?.id, state: "requested" });
    expect((await runs()).length).toBe(before + 1);
  });

  it("addresses survive new versions, and the sweep restores lost ones", async () => {
    const { path, id } = await view("plain");
    await env.DB.prepare("DELETE FROM hook WHERE id = ?").bind(id).run();
    await publish(at, await smallLocation({ jobs, sensors: [hook("plain", { verify: "none" })] }, "export const second = {};"));
    expect((await view("plain")).id).toBe(id);
    expect((await send(path)).status).toBe(202);
    await expect(view("open")).rejects.toThrow("404");
    await env.DB.prepare("DELETE FROM hook WHERE id = ?").bind(id).run();
    await worker.scheduled(createScheduledController({ scheduledTime: new Date(), cron: "*/5 * * * *" }), env);
    expect((await env.DB.prepare("SELECT deployment_id FROM hook WHERE id = ?").bind(id).all()).results).toEqual([
      { deployment_id: at.place.id },
    ]);
  });
});

it("a change of limits is audited with the values before and after", async () => {
  const before = await trpc<DeploymentSettings>(at, "settings.get");
  const after = await trpc<DeploymentSettings>(at, "settings.update", { maxConcurrentRuns: 7, tagLimits: [{ key: "team", limit: 2 }] });
  expect(after).toEqual({ ...before, maxConcurrentRuns: 7, tagLimits: [{ key: "team", limit: 2 }] });
  await expect(trpc(at, "settings.update", { maxConcurrentRuns: 0 })).rejects.toThrow("400");
  expect((await trpc<QueueView>(at, "queue.get")).settings).toEqual(after);
  await vi.waitFor(async () => {
    const { results } = await env.DB.prepare("SELECT before, after FROM audit WHERE action = 'settings.update'").all<{
      before: string;
      after: string;
    }>();
    expect(results.map((row) => [JSON.parse(row.before), JSON.parse(row.after)])).toEqual([[before, after]]);
  });
});
