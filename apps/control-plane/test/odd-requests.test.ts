/**
 * Attacks and accidents from outside, as tables: what each procedure of the contract, each route and each socket says to odd input. All of it
 * is harmless by itself; the answer must be a refusal with a sentence, never a failure, and nothing may change.
 */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { packBlobs } from "@headgate/shared/contract/http/blob-batch.ts";
import type { WebhookSecret } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { TokenView } from "@headgate/shared/contract/access/tokens.ts";
import { PROCEDURE_NAMES, PROCEDURES, type ProcedureName } from "@headgate/shared/contract/table.ts";
import { MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { MAX_JSON_BYTES } from "../src/http/body.ts";
import { helloOf } from "../src/testing/hello.ts";
import { sha256Hex } from "../src/directory/secrets.ts";
import { connectAgent, leasedRun } from "./support/agent-client.ts";
import { call, type Call, errorOf, HOST } from "./support/client.ts";
import { apiPath, postVersion, publish, smallLocation, trpc } from "./support/publishing.ts";
import { connect } from "./support/socket.ts";
import { makePlace, migrate, type Place } from "./support/world.ts";

const JSON_TYPE = { "content-type": "application/json" };
let acme: Place;
let globex: Place;
beforeAll(async () => {
  await migrate();
  acme = await makePlace("acme", "prod");
  globex = await makePlace("globex", "prod");
});

let places = 0;
const newPlace = (): Promise<Place> => makePlace(`odd-${++places}`, "prod");

async function answerOf(request: Call): Promise<{ readonly status: number; readonly text: string }> {
  const response = await call(request);
  response.webSocket?.accept();
  response.webSocket?.close(1000);
  return { status: response.status, text: response.status === 101 ? "" : await response.text() };
}

const fieldsOf = (name: ProcedureName): readonly string[] => {
  const { input } = PROCEDURES[name];
  if (input === null) return [];
  const { properties } = z.toJSONSchema(input, { io: "input", unrepresentable: "any" });
  return Object.keys(properties ?? {});
};

describe.each(PROCEDURE_NAMES)("procedure %s", (name) => {
  const send = (body: string, headers: Record<string, string> = JSON_TYPE) =>
    answerOf({ method: "POST", path: apiPath(acme, `/trpc/${name}`), as: acme.tokens.admin, body, headers });

  it("refuses deep and large JSON with a sentence", async () => {
    const deep = await send(`{"x":${"[".repeat(MAX_JSON_DEPTH + 1)}${"]".repeat(MAX_JSON_DEPTH + 1)}}`);
    expect([deep.status, deep.text]).toEqual([400, expect.stringContaining("levels deep")]);
    expect((await send(`{"x":"${"x".repeat(MAX_JSON_BYTES)}"}`)).status).toBe(413);
  });

  it("takes no body that is not JSON", async () => {
    for (const body of ["{", "\u0000", "a=b&c=d", "<x/>"]) {
      const { status } = await send(body);
      // A procedure without input does not read the body.
      expect(PROCEDURES[name].input === null ? [200, 400] : [400]).toContain(status);
    }
  });

  it("answers odd values in its fields without a failure", async () => {
    const odd = [
      "null",
      "[]",
      "-1",
      "1e999",
      '"\\ud800"',
      '"__proto__"',
      '"../../x"',
      '"\\u0000"',
      `"${"x".repeat(100_000)}"`,
      '{"__proto__":1}',
    ];
    const bodies = ["null", "[]", "7", '"x"', '{"__proto__":{"role":"owner"}}'];
    const fields = fieldsOf(name);
    for (const value of odd) bodies.push(`{${fields.map((field) => `${JSON.stringify(field)}:${value}`).join(",")}}`);
    const failed: string[] = [];
    for (const body of bodies) {
      const { status } = await send(body);
      if (status >= 500) failed.push(`${status} ${body.slice(0, 100)}`);
    }
    expect(failed).toEqual([]);
  });
});

describe("credentials in odd places", () => {
  const home = (changes: Partial<Call>): Call => ({ method: "POST", path: apiPath(acme, "/trpc/home.get"), json: {}, ...changes });
  const token = () => acme.tokens.owner.token ?? "";
  const cookie = () => acme.sessions.owner.cookie ?? "";
  const own = { origin: HOST };

  it.each<readonly [what: string, request: () => Call, status: number]>([
    ["a token in the query", () => home({ path: apiPath(acme, `/trpc/home.get?token=${token()}&access_token=${token()}`) }), 401],
    ["a token as a cookie", () => home({ headers: { cookie: `__Host-headgate_session=${token()}`, ...own } }), 401],
    ["a token of the scheme Basic", () => home({ headers: { authorization: `Basic ${btoa(`x:${token()}`)}` } }), 401],
    ["two tokens in one header", () => home({ headers: { authorization: `Bearer ${token()} ${token()}` } }), 401],
    ["two tokens in two headers", () => home({ headers: { authorization: `Bearer ${token()}, Bearer ${token()}` } }), 401],
    ["a token that is cut", () => home({ as: { token: token().slice(0, -1) } }), 401],
    ["a token of 100,000 characters", () => home({ as: { token: `hg_api_${"x".repeat(100_000)}` } }), 401],
    ["a token with a good cookie", () => home({ as: { token: "hg_api_x_y", cookie: cookie() } }), 401],
    ["a cookie without the host's prefix", () => home({ headers: { cookie: `headgate_session=${cookie()}`, ...own } }), 401],
    ["a cookie of another case", () => home({ headers: { cookie: `__host-headgate_session=${cookie()}`, ...own } }), 401],
    ["a cookie of the other prefix", () => home({ headers: { cookie: `__Secure-headgate_session=${cookie()}`, ...own } }), 401],
    ["the origin null", () => home({ headers: { cookie: `__Host-headgate_session=${cookie()}`, origin: "null" } }), 403],
    ["an origin that begins like ours", () => home({ as: { cookie: cookie(), origin: `${HOST}.evil.test` } }), 403],
    ["our host over http", () => home({ as: { cookie: cookie(), origin: HOST.replace("https", "http") } }), 403],
    ["our host on another port", () => home({ as: { cookie: cookie(), origin: `${HOST}:8443` } }), 403],
    ["a verified identity of one's own", () => home({ headers: { "x-headgate-actor": '{"role":"owner"}', "x-headgate-token": "x" } }), 401],
    [
      "a changed method by header",
      () => home({ as: acme.tokens.viewer, path: apiPath(acme, "/trpc/tokens.revoke"), headers: { "x-http-method-override": "GET" } }),
      403,
    ],
  ])("%s does not sign in", async (_, request, status) => {
    expect((await answerOf(request())).status).toBe(status);
  });

  it("cookies of strangers beside ours do not keep us out", async () => {
    const strangers = Array.from({ length: 40 }, (_, no) => `__Host-headgate_session_${no}=x`).join("; ");
    const headers = { cookie: `${strangers}; __Host-headgate_session=${cookie()}`, ...own };
    expect((await answerOf(home({ headers }))).status).toBe(200);
  });

  it("a cookie does not open a socket for a foreign page", async () => {
    const headers = { upgrade: "websocket" };
    for (const origin of ["https://evil.test", "null", null, `${HOST}@evil.test`]) {
      const { status } = await answerOf({ path: apiPath(acme, "/live"), headers, as: { cookie: cookie(), origin } });
      expect([origin, status]).toEqual([origin, 403]);
    }
  });

  it("a revoked token loses its open live socket", async () => {
    const made = await trpc<{ view: TokenView; secret: string }>(acme, "tokens.create", { name: "short", kind: "api" });
    const socket = await connect({ path: apiPath(acme, "/live"), as: { token: made.secret } });
    socket.send({ t: "hello", version: 1, since: null });
    await socket.next("welcome");
    await trpc(acme, "tokens.revoke", { id: made.view.id });
    expect((await socket.closed).code).toBe(CLOSE.revoked);
  });
});

describe("names and paths", () => {
  const SHA = "a".repeat(64);
  it.each(["../x", "a/../../x", "/etc/x", "C:\\x", "a\\..\\x", "a//b", "./x", "a/.", "a/..", "", "a\u0000b", "x".repeat(5_000)])(
    "a published file cannot be named %j",
    async (path) => {
      const { manifest } = await smallLocation();
      const response = await postVersion(acme, { ...manifest, files: [...manifest.files, { path, sha256: SHA, size: 1 }] });
      expect(response.status).toBe(400);
      expect((await errorOf(response)).code).toBe("invalid_input");
    },
  );

  it("one path cannot be published twice", async () => {
    const { manifest } = await smallLocation();
    const twice = [...manifest.files, { path: "index.mjs", sha256: SHA, size: 1 }];
    expect((await postVersion(acme, { ...manifest, files: twice })).status).toBe(400);
  });

  it.each(["../lake", "lake%2f..%2fx", "%00", "l".repeat(300), "lake%0a"])("a code location cannot be called %s", async (name) => {
    for (const [path, json] of [
      [`/locations/${name}/errors`, { errors: [{ kind: "syntax", message: "x" }] }],
      [`/locations/${name}/versions`, (await smallLocation()).manifest],
    ] as const) {
      const { status } = await answerOf({ method: "POST", path: apiPath(acme, path), as: acme.tokens.editor, json });
      expect([400, 404]).toContain(status);
    }
  });

  it.each([
    "/agent/v1/blobs/..%2fmanifests",
    `/agent/v1/blobs/${"A".repeat(64)}`,
    "/agent/v1/versions/..%2f../x",
    "/agent/v1/versions/lake/%00",
  ])("an agent finds nothing at %s", async (path) => {
    expect((await answerOf({ path, as: acme.agent })).status).toBe(404);
  });

  it("what one deployment has is missing in another", async () => {
    const { job, run } = await leasedRun(acme);
    const at = (path: string) => apiPath(globex, path);
    const as = globex.tokens.admin;
    for (const name of ["runs.get", "runs.events", "runs.cancel"] as const) {
      const { status } = await answerOf({ method: "POST", path: at(`/trpc/${name}`), as, json: { run: run.id, after: 0 } });
      expect([name, status]).toEqual([name, 404]);
    }
    const logs = `/runs/${run.id}/logs/${encodeURIComponent(job.step)}/1/stdout`;
    expect((await answerOf({ path: at(logs), as })).status).toBe(404);
    const chunk = `/agent/v1/logs/${run.id}/${encodeURIComponent(job.step)}/1/stdout/0?offset=0`;
    expect((await answerOf({ method: "PUT", path: chunk, as: globex.agent, body: "x" })).status).toBe(404);
    const { socket } = await connectAgent(globex.agent, { slots: 0 });
    const result = { outcome: "succeeded" };
    socket.send({ t: "batch", items: [{ k: "done", s: 1, run: job.run, step: job.step, epoch: job.epoch, at: 0, result }] });
    await socket.next("ack");
    socket.close();
    expect((await trpc<{ run: { status: string } }>(acme, "runs.get", { run: run.id })).run.status).not.toBe("succeeded");
  });
});

describe("uploads", () => {
  const put = (sha256: string, body: BodyInit, headers = {}) =>
    answerOf({ method: "PUT", path: apiPath(acme, `/blobs/${sha256}`), as: acme.tokens.editor, body, headers });

  it("a blob with another hash is not kept", async () => {
    const sha256 = await sha256Hex("one");
    expect((await put(sha256, "two")).status).toBe(400);
    expect((await put(sha256.toUpperCase(), "one")).status).toBe(400);
    expect((await answerOf({ path: `/agent/v1/blobs/${sha256}`, as: acme.agent })).status).toBe(404);
  });

  it("a batch with one wrong hash, or cut short, is refused", async () => {
    const good = { sha256: await sha256Hex("one"), bytes: new TextEncoder().encode("one") };
    const packed = packBlobs([good, { sha256: "b".repeat(64), bytes: new Uint8Array(3) }]);
    const post = (body: Uint8Array<ArrayBuffer>) =>
      answerOf({ method: "POST", path: apiPath(acme, "/blobs"), as: acme.tokens.editor, body });
    const bytes = new Uint8Array(packed);
    for (const body of [bytes, bytes.slice(0, -2), bytes.slice(0, 3), new Uint8Array([255, 255, 255, 255]), new Uint8Array(0)])
      expect([200, 400]).toContain((await post(body)).status);
    expect((await post(bytes)).status).toBe(400);
  });

  it.each<readonly [what: string, body: () => Promise<BodyInit>, status: number]>([
    ["no gzip", async () => "plain text", 400],
    ["a cut gzip", async () => (await gzipped("x".repeat(1000))).slice(0, 15), 400],
    ["a gzip that unpacks to 40 MB", async () => gzipped("x".repeat(40_000_000)), 413],
    ["more than a chunk may have", async () => new Uint8Array(9_000_000), 413],
  ])("raw output that is %s is refused", async (_, body, status) => {
    const at = await newPlace();
    const { job, socket } = await leasedRun(at);
    const path = `/agent/v1/logs/${job.run}/${encodeURIComponent(job.step)}/1/stdout/0?offset=0`;
    expect((await answerOf({ method: "PUT", path, as: at.agent, body: await body() })).status).toBe(status);
    socket.close();
  });
});

async function gzipped(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

describe("frames of agents", () => {
  const hello = (changes: object) => ({ ...helloOf(crypto.randomUUID(), { slots: 0 }), ...changes });
  it.each<readonly [what: string, frames: readonly unknown[]]>([
    ["slots below zero", [hello({ slots: -1 })]],
    ["slots that are no number", [hello({ slots: "4" })]],
    ["an instance without characters", [hello({ instance: "" })]],
    ["labels that are a list", [hello({ labels: ["a"] })]],
    ["a running step without an epoch", [hello({ running: [{ run: "x", step: "y" }] })]],
    ["an epoch that is a fraction", [hello({ running: [{ run: "x", step: "y", epoch: 0.5 }] })]],
    ["a protocol that is a text", [hello({ protocol: "1" })]],
    ["a second hello of another instance", [hello({}), hello({})]],
    ["a batch before hello", [{ t: "batch", items: [{ k: "tick", s: 1, tick: "x", result: {} }] }]],
    ["an empty batch", [hello({}), { t: "batch", items: [] }]],
    ["an item of an unknown kind", [hello({}), { t: "batch", items: [{ k: "root", s: 1 }] }]],
    ["a number below one", [hello({}), { t: "batch", items: [{ k: "location", s: 5, location: "x", version: "y", state: "ready" }] }]],
    ["a list as a frame", [[hello({})]]],
    ["nothing as a frame", [null]],
  ])("%s ends the connection with a reason", async (_, frames) => {
    const socket = await connect({ path: "/agent/v1/connect", as: globex.agent, headers: { "sec-websocket-protocol": AGENT_SUBPROTOCOL } });
    for (const frame of frames) socket.send(frame);
    const { code, reason } = await socket.closed;
    expect(code).toBe(CLOSE.badFrame);
    expect(reason).not.toBe("");
  });

  it("a report of an older attempt changes nothing", async () => {
    const at = await newPlace();
    const { job, socket, run } = await leasedRun(at);
    const report = (s: number, epoch: number) => ({
      t: "batch",
      items: [{ k: "done", s, run: job.run, step: job.step, epoch, at: 0, result: { outcome: "succeeded" } }],
    });
    for (const [no, epoch] of [job.epoch - 1, job.epoch + 1, -1, Number.MAX_SAFE_INTEGER].entries()) {
      socket.send(report(no + 2, epoch));
      await socket.next("ack");
    }
    const { steps } = await trpc<{ steps: { status: string }[] }>(at, "runs.get", { run: run.id });
    expect(steps.map(({ status }) => status)).toEqual(["assigned"]);
    socket.close();
  });
});

describe("deliveries of webhooks", () => {
  const send = (path: string, headers: Record<string, string>, body = '{"a":1}') =>
    answerOf({ method: "POST", path, headers: { ...JSON_TYPE, ...headers }, body });
  const body = '{"a":1}';

  it("only one whole, recent signature is accepted", async () => {
    const sensor = { name: "signed", kind: "webhook", job: "load", evaluated: false, webhook: { verify: "standard" } } as const;
    await publish(globex, await smallLocation({ location: "lake", jobs: [{ name: "load", selection: "*" }], sensors: [sensor] }));
    const { secret, hook } = await trpc<WebhookSecret>(globex, "webhooks.rotateSecret", { location: "lake", sensor: "signed" });
    const path = hook.path ?? "";
    const sign = (id: string, skewMs = 0, content = body) => {
      const at = new Date(Date.now() + skewMs);
      const seconds = String(Math.floor(at.getTime() / 1000));
      return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": new Webhook(secret).sign(id, at, content) };
    };
    const good = sign("msg_good");
    const { "webhook-id": _, ...withoutId } = good;
    const { "webhook-signature": __, ...unsigned } = good;
    const odd: readonly (readonly [string, Record<string, string>, string?])[] = [
      ["no id", withoutId],
      ["no signature", unsigned],
      ["an id twice", { ...good, "webhook-id": "msg_good, msg_good" }],
      ["an id of another delivery", { ...good, "webhook-id": "msg_other" }],
      ["a time twice", { ...good, "webhook-timestamp": `${good["webhook-timestamp"]}, ${good["webhook-timestamp"]}` }],
      ["a time in milliseconds", { ...good, "webhook-timestamp": `${good["webhook-timestamp"]}000` }],
      ["a time with a sign", { ...good, "webhook-timestamp": `+${good["webhook-timestamp"]}` }],
      ["an old time", sign("msg_old", -6 * 60_000)],
      ["a future time", sign("msg_future", 6 * 60_000)],
      ["an unknown version", { ...good, "webhook-signature": good["webhook-signature"].replace("v1,", "v9,") }],
      ["an empty signature", { ...good, "webhook-signature": "v1," }],
      ["another body", good, '{"a":2}'],
      ["the signature behind ten others", { ...good, "webhook-signature": `${"v1,eA== ".repeat(10)}${good["webhook-signature"]}` }],
    ];
    for (const [what, headers, content] of odd) expect([what, (await send(path, headers, content)).status]).toEqual([what, 401]);
    const several = { ...good, "webhook-signature": `v1,eA== ${good["webhook-signature"]}` };
    expect((await send(path, several)).status).toBe(202);
    expect((await send(path, several)).status).toBe(200);
    expect((await send(`${path}/..%2f..`, {})).status).toBe(401);
    expect((await send(path.replace("hook_", "HOOK_"), good)).status).toBe(404);
  });
});

describe("the answer", () => {
  it("an address that is no address fails nothing", async () => {
    const paths = [
      "/%",
      "/api/%zz/prod/trpc/home.get",
      "/api/acme/prod/trpc/",
      "/api/acme/prod/trpc/__proto__",
      "/api/acme/prod/trpc/constructor",
      "/login/%00",
      "/login/..%2f..%2fapi",
      "/hooks/%2e%2e",
    ];
    for (const path of paths) {
      const { status } = await answerOf({ path, as: acme.tokens.owner });
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
  });

  it("odd headers do not show in the answer", async () => {
    const headers = {
      "x-forwarded-host": "evil.test",
      "x-forwarded-proto": "http",
      forwarded: "host=evil.test",
      "x-original-url": "/api/v1/bootstrap",
    };
    const response = await call({ method: "POST", path: "/api/v1/login-links", as: acme.tokens.admin, headers });
    expect(await response.text()).not.toContain("evil.test");
  });

  it("no answer allows a foreign page to read it", async () => {
    for (const method of ["GET", "OPTIONS", "POST"]) {
      const response = await call({
        method,
        path: apiPath(acme, "/trpc/home.get"),
        headers: { origin: "https://evil.test", "access-control-request-method": "POST" },
      });
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("the bucket holds nothing outside a deployment's folder", async () => {
    const { objects } = await env.BUCKET.list();
    expect(objects.filter(({ key }) => !/^deployments\/dep_[0-9a-z]+\//.test(key))).toEqual([]);
  });
});
