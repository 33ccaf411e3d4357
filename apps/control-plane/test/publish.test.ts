import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_BATCH_BODY_BYTES, packBlobs, unpackBlobs } from "@headgate/shared/contract/http/blob-batch.ts";
import { MAX_BLOB_BYTES } from "@headgate/shared/contract/http/routes.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import type { LocationView, VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import { sha256Hex } from "../src/directory/secrets.ts";
import { call, errorOf } from "./support/client.ts";
import { activate, apiPath, postVersion, publish, putBlob, smallLocation, trpc, type Registered } from "./support/publishing.ts";
import { makePlace, migrate, type Place } from "./support/world.ts";

let places = 0;
/** Every test has its own deployment, because the tests of a file share the storage. */
const newPlace = (): Promise<Place> => makePlace(`org-${++places}`, "prod");
beforeAll(migrate);

describe("publishing", () => {
  test("publishing stores a version, takes its files and activates it", async () => {
    const at = await newPlace();
    const location = await smallLocation();
    const registered = await (await postVersion(at, location.manifest)).json<Registered>();
    expect(registered).toEqual({ version: expect.any(String), number: 1, active: false, missing: [location.sha256] });
    expect((await putBlob(at, { sha256: location.sha256, body: location.code })).status).toBe(200);
    const activated = await activate(at, registered.version);
    expect(await activated.json<VersionView>()).toMatchObject({
      id: registered.version,
      location: "lake",
      number: 1,
      active: true,
      publishedBy: "editor token",
    });
    expect(await trpc<LocationView[]>(at, "locations.list")).toMatchObject([
      { name: "lake", status: "loaded", active: { id: registered.version } },
    ]);
  });

  test("the same code is the same version, with nothing to upload", async () => {
    const at = await newPlace();
    const location = await smallLocation();
    const first = await publish(at, location);
    const second = await (await postVersion(at, location.manifest)).json<Registered>();
    expect(second).toEqual({ version: first.version, number: 1, active: true, missing: [] });
  });

  test("a version with missing files cannot be activated in any way", async () => {
    const at = await newPlace();
    const location = await smallLocation();
    const { version } = await (await postVersion(at, location.manifest)).json<Registered>();
    const byRoute = await activate(at, version);
    expect(byRoute.status).toBe(409);
    expect(await errorOf(byRoute)).toMatchObject({ code: "conflict", details: { missing: [location.sha256] } });
    const byProcedure = await call({
      method: "POST",
      path: apiPath(at, "/trpc/locations.activate"),
      as: at.tokens.editor,
      json: { location: "lake", version },
    });
    expect(byProcedure.status).toBe(409);
    expect(await byProcedure.json()).toMatchObject({ error: { data: { body: { code: "conflict" } } } });
  });

  test("missing files are found among very many", async () => {
    const at = await newPlace();
    const bodies = Array.from({ length: 60 }, (_, index) => `file ${index}`);
    const files = await Promise.all(
      bodies.map(async (body, index) => ({ path: `f${index}`, sha256: await sha256Hex(body), size: body.length })),
    );
    const { manifest } = await smallLocation({ entry: "f0", files });
    await Promise.all(files.slice(0, 58).map((file, index) => putBlob(at, { sha256: file.sha256, body: bodies[index] ?? "" })));
    const { missing } = await (await postVersion(at, manifest)).json<Registered>();
    expect(new Set(missing)).toEqual(new Set([files[58]?.sha256, files[59]?.sha256]));
  });

  test("files of another deployment do not count", async () => {
    const [at, other] = [await newPlace(), await newPlace()];
    const location = await smallLocation();
    await publish(at, location);
    expect((await (await postVersion(other, location.manifest)).json<Registered>()).missing).toEqual([location.sha256]);
  });

  test("an older version can be activated again", async () => {
    const at = await newPlace();
    const first = await publish(at, await smallLocation());
    const second = await publish(at, await smallLocation({}, "export const runtime = { newer: true };"));
    expect(second.number).toBe(2);
    const back = await trpc<VersionView>(at, "locations.activate", { location: "lake", version: first.version });
    expect(back).toMatchObject({ id: first.version, active: true });
    const { results } = await env.DB.prepare(
      "SELECT action, actor_name FROM audit WHERE deployment_id = ? AND action = 'locations.activate' ORDER BY at",
    )
      .bind(at.place.id)
      .all();
    expect(results).toHaveLength(3);
  });

  test("code that does not load is reported; the good version stays active", async () => {
    const at = await newPlace();
    const { version } = await publish(at, await smallLocation());
    const errors = [{ kind: "syntax", message: "Unexpected token", file: "assets/bronze.ts", line: 3, codeFrame: "> 3 | (" }];
    const response = await call({ method: "POST", path: apiPath(at, "/locations/lake/errors"), as: at.tokens.editor, json: { errors } });
    expect(response.status).toBe(200);
    expect(await trpc<LocationView[]>(at, "locations.list")).toMatchObject([
      { name: "lake", status: "unavailable", active: { id: version }, errors },
    ]);
  });
});

describe("bad manifests", () => {
  const small = async (changes: object): Promise<string> => JSON.stringify({ ...(await smallLocation()).manifest, ...changes });
  test.each([
    { what: "is not JSON", body: async () => "{", status: 400, message: /not JSON/ },
    { what: "lacks fields", body: async () => JSON.stringify({ schema: 1, location: "lake" }), status: 400, message: /entry/ },
    { what: "is of another location", body: () => small({ location: "ocean" }), status: 400, message: /'ocean' but was sent to 'lake'/ },
    { what: "lacks its entry", body: () => small({ entry: "main.mjs" }), status: 400, message: /'main.mjs' is not among its files/ },
    {
      what: "has a path that climbs out",
      body: () => small({ files: [{ path: "../x", sha256: "0".repeat(64), size: 1 }] }),
      status: 400,
      message: /files\.0\.path/,
    },
    { what: "is newer than the control plane", body: () => small({ schema: 99 }), status: 426, message: /version 99/ },
  ])("a manifest that $what is refused", async ({ body, status, message }) => {
    const at = await newPlace();
    const text = await body();
    const response = await call({
      method: "POST",
      path: apiPath(at, "/locations/lake/versions"),
      as: at.tokens.editor,
      body: text,
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(status);
    expect((await errorOf(response)).message).toMatch(message);
    expect(await trpc<LocationView[]>(at, "locations.list")).toEqual([]);
  });

  test("a manifest that is sent as a form is refused", async () => {
    const at = await newPlace();
    const response = await call({
      method: "POST",
      path: apiPath(at, "/locations/lake/versions"),
      as: at.tokens.editor,
      body: "{}",
      headers: { "content-type": "text/plain" },
    });
    expect((await errorOf(response)).message).toMatch(/application\/json/);
  });
});

describe("blobs", () => {
  test("a blob that was damaged on the way is refused", async () => {
    const at = await newPlace();
    const sha256 = await sha256Hex("whole");
    const response = await putBlob(at, { sha256, body: "half" });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).message).toContain(sha256);
    expect((await call({ path: `/agent/v1/blobs/${sha256}`, as: at.agent })).status).toBe(404);
  });

  test("a blob may be empty and may be sent twice", async () => {
    const at = await newPlace();
    const sha256 = await sha256Hex("");
    for (let i = 0; i < 2; i++) expect((await putBlob(at, { sha256, body: "" })).status).toBe(200);
    const read = await call({ path: `/agent/v1/blobs/${sha256}`, as: at.agent });
    expect([read.status, await read.text()]).toEqual([200, ""]);
  });

  test("a blob comes to the agent as it was sent", async () => {
    const at = await newPlace();
    const body = crypto.getRandomValues(new Uint8Array(50_000));
    const sha256 = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", body)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    expect((await putBlob(at, { sha256, body })).status).toBe(200);
    const read = await call({ path: `/agent/v1/blobs/${sha256}`, as: at.agent });
    expect(read.headers.get("content-length")).toBe("50000");
    expect(await read.bytes()).toEqual(body);
  });

  test("several blobs in one body are checked one by one and delivered", async () => {
    const at = await newPlace();
    const bytes = (value: string) => new TextEncoder().encode(value);
    const blobs = await Promise.all(["one", "", "three\n"].map(async (body) => ({ sha256: await sha256Hex(body), bytes: bytes(body) })));
    const send = (body: BodyInit, as = at.tokens.editor) => call({ method: "POST", path: apiPath(at, "/blobs"), as, body });
    expect(await (await send(packBlobs(blobs))).json()).toEqual({ stored: 3 });
    const names = blobs.map(({ sha256 }) => sha256);
    const ask = (wanted: readonly string[]) => call({ method: "POST", path: "/agent/v1/blobs", as: at.agent, json: { blobs: wanted } });
    expect(unpackBlobs(await (await ask(names)).bytes())).toEqual(blobs);

    const missing = await sha256Hex("missing");
    const unknown = await ask([...names, missing]);
    expect([unknown.status, (await errorOf(unknown)).message]).toEqual([404, expect.stringContaining(missing)]);
    const damaged = await send(packBlobs([{ sha256: missing, bytes: bytes("other") }]));
    expect([damaged.status, (await errorOf(damaged)).message]).toEqual([400, expect.stringContaining(missing)]);
    expect((await send("no batch")).status).toBe(400);
    expect((await send(new Uint8Array(MAX_BATCH_BODY_BYTES + 1))).status).toBe(413);
  });

  test("a blob above the size limit is refused", async () => {
    const at = await newPlace();
    const response = await call({
      method: "PUT",
      path: apiPath(at, `/blobs/${"0".repeat(64)}`),
      as: at.tokens.editor,
      body: "x",
      headers: { "content-length": String(MAX_BLOB_BYTES + 1) },
    });
    expect(response.status).toBe(413);
  });

  test("a blob with a bad address is refused", async () => {
    const at = await newPlace();
    for (const sha256 of ["abc", "A".repeat(64), "..%2F..%2Fmanifests"])
      expect((await putBlob(at, { sha256, body: "x" })).status).toBe(400);
  });
});

describe("the definitions document", () => {
  test("the document is cached for ever and kept when it is outdated", async () => {
    const at = await newPlace();
    await publish(at, await smallLocation());
    const { hash } = await trpc<{ hash: string }>(at, "definitions.hash");
    const path = apiPath(at, `/definitions/${hash}`);
    const get = (headers: Record<string, string> = {}) => call({ path, as: at.tokens.viewer, headers });
    const plain = await get();
    if (plain.status !== 200) throw new Error(await plain.text());
    expect(plain.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    const document = await plain.json<DefinitionsDocument>();
    expect(document).toMatchObject({ hash, assets: [{ key: "raw/orders", location: "lake" }] });

    const compressed = await get({ "accept-encoding": "gzip" });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    const unchanged = await get({ "if-none-match": plain.headers.get("etag") ?? "" });
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ""]);

    await publish(
      at,
      await smallLocation({
        assets: [{ key: "raw/items", unit: "raw/items" }],
        units: [{ id: "raw/items", kind: "asset", assets: ["raw/items"] }],
      }),
    );
    expect((await trpc<{ hash: string }>(at, "definitions.hash")).hash).not.toBe(hash);
    expect(await (await get()).json()).toEqual(document);
  });

  test("a document with an unknown hash does not exist", async () => {
    const at = await newPlace();
    for (const hash of ["none", "..%2Fx"])
      expect((await call({ path: apiPath(at, `/definitions/${hash}`), as: at.tokens.viewer })).status).toBe(404);
  });
});
