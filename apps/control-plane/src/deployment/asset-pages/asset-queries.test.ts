/** Publishing and reading: versions, pages, histories and the home page. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { launch, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { LiveClient } from "../../../test/support/live-client.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

const hashOf = (n: number) => n.toString(16).padStart(64, "a");

describe("publishing", () => {
  it("the same manifest is the same version; the next shows its changes", async () => {
    const stub = newDeployment();
    const first = manifest(assetsOf({ a: [], b: ["a"] }));
    const register = async (n: number, body = first) =>
      unwrap(await stub.registerVersion({ manifest: body, hash: hashOf(n), manifestKey: `m/${n}`, actor: person }));
    const one = await register(1);
    expect(await register(1)).toEqual(one);
    expect(one).toMatchObject({ number: 1, active: false });
    unwrap(await stub.perform("locations.activate", { location: "lake", version: one.version }, person));
    const two = await register(
      2,
      manifest({
        ...assetsOf({ a: [], c: ["a"] }),
        assets: [
          { key: "a", unit: "a", description: "new" },
          { key: "c", unit: "c" },
        ],
        git: { commit: "abc", branch: "main", dirty: false, url: null },
      }),
    );
    unwrap(await stub.perform("locations.activate", { location: "lake", version: two.version }, person));
    const page = unwrap(await stub.ask("locations.versions", { location: "lake", limit: 1 }));
    expect(page.items).toMatchObject([
      { number: 2, active: true, publishedBy: person.name, git: { commit: "abc" }, diff: { added: ["c"], removed: ["b"], changed: ["a"] } },
    ]);
    expect(unwrap(await stub.ask("locations.versions", { location: "lake", limit: 1, cursor: page.next })).items).toMatchObject([
      { number: 1, active: false },
    ]);
    expect(unwrap(await stub.manifestKey({ location: "lake", version: one.version }))).toEqual({ key: "m/1" });

    const back = unwrap(await stub.perform("locations.activate", { location: "lake", version: one.version }, person));
    expect(back.active).toBe(true);
    expect(unwrap(await stub.ask("assets.states", { limit: 10 })).items.map((state) => state.key)).toEqual(["a", "b"]);
    expect((await stub.perform("locations.activate", { location: "lake", version: "nope" }, person)).ok).toBe(false);
  });

  it("the last good version stays active when new code does not load", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    await stub.reportLoadErrors({ location: "lake", errors: [{ kind: "syntax", message: "Unexpected token" }], actor: person });
    await stub.reportLoadErrors({ location: "fresh", errors: [{ kind: "missing_package", message: "no duckdb" }], actor: person });
    expect(unwrap(await stub.ask("locations.list", undefined))).toMatchObject([
      { name: "fresh", status: "unavailable", active: null },
      { name: "lake", status: "unavailable", active: { number: 1 }, errors: [{ message: "Unexpected token" }] },
    ]);
    expect(
      unwrap(await stub.ask("home.get", undefined))
        .problems.map((problem) => [problem.kind, problem.subject])
        .sort(),
    ).toEqual([
      ["location_unavailable", "fresh"],
      ["location_unavailable", "lake"],
    ]);
    expect((await launch(stub, { selection: "a" })).status).toBe("queued");
    await publish(stub, manifest(assetsOf({ a: [], b: [] })));
    expect(unwrap(await stub.ask("locations.list", undefined))[1]).toMatchObject({ status: "loaded", errors: [] });
  });

  it("circles, duplicates and assets of another location are refused", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: ["x"] })));
    await expect(publish(stub, manifest({ location: "two", ...assetsOf({ c: ["d"], d: ["c"] }) }))).rejects.toThrow("c -> d -> c");
    await expect(publish(stub, manifest({ location: "two", ...assetsOf({ a: [] }) }))).rejects.toThrow(
      "already defined by code location lake",
    );
    await expect(publish(stub, manifest({ location: "two", ...assetsOf({ x: ["b"] }) }))).rejects.toThrow("circle");
    const double = assetsOf({ c: [] });
    await expect(
      publish(stub, manifest({ location: "two", ...double, assets: [...(double.assets ?? []), ...(double.assets ?? [])] })),
    ).rejects.toThrow("twice");
    expect(unwrap(await stub.ask("assets.states", { limit: 10 })).items.map((state) => state.key)).toEqual(["a", "b", "x"]);
  });

  it("assets that two locations define are shown at both until resolved", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: [] })));
    const live = new LiveClient();
    await live.connect(stub);
    await expect(publish(stub, manifest({ location: "two", ...assetsOf({ a: [], c: [] }) }))).rejects.toThrow("already defined");
    const shown = async () =>
      unwrap(await stub.ask("locations.list", undefined)).map((location) => [
        location.name,
        location.status,
        location.errors.map((error) => error.kind),
      ]);
    expect(await shown()).toEqual([
      ["lake", "loaded", ["invalid_definition"]],
      ["two", "unavailable", ["invalid_definition"]],
    ]);
    expect(unwrap(await stub.ask("locations.list", undefined))[0]?.errors[0]?.message).toContain(
      "a is defined by both code location lake and two",
    );
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toMatchObject([{ kind: "location_unavailable", subject: "two" }]);
    const told = () => live.changes().flatMap((change) => (change.type === "location" ? [change.location] : []));
    await live.until(() => new Set(told().flatMap((location) => (location.errors.length > 0 ? [location.name] : []))).size === 2);
    await publish(stub, manifest(assetsOf({ b: [] })));
    expect(await shown()).toEqual([
      ["lake", "loaded", []],
      ["two", "unavailable", []],
    ]);
    await publish(stub, manifest({ location: "two", ...assetsOf({ a: [], c: [] }) }));
    expect(await shown()).toEqual([
      ["lake", "loaded", []],
      ["two", "loaded", []],
    ]);
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toEqual([]);
  });

  it("load errors are shortened to fit a row", async () => {
    const stub = newDeployment();
    const long = { kind: "threw", message: "m".repeat(20_000), stack: "s".repeat(50_000), codeFrame: "c".repeat(20_000) } as const;
    unwrap(await stub.reportLoadErrors({ location: "lake", errors: Array.from({ length: 50 }, () => long), actor: person }));
    expect(unwrap(await stub.ask("locations.list", undefined))[0]?.errors.length).toBeGreaterThan(1);
    const [row] = await rows(stub, "SELECT length(errors) AS size FROM location");
    // The platform's limit is 2 MB; the local one is higher.
    expect(row?.["size"]).toBeLessThan(1_000_000);
  });

  it("runs of several statuses are listed newest first, in pages", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const ids: string[] = [];
    for (let number = 0; number < 6; number++) {
      const run = await launch(stub, { selection: "a" });
      if (number % 2 === 0) unwrap(await stub.perform("runs.cancel", { run: run.id }, person));
      ids.unshift(run.id);
    }
    const filter = { statuses: ["queued" as const, "canceled" as const] };
    const first = unwrap(await stub.ask("runs.list", { filter, limit: 4 }));
    const second = unwrap(await stub.ask("runs.list", { filter, limit: 4, cursor: first.next }));
    expect([...first.items, ...second.items].map((run) => run.id)).toEqual(ids);
    expect(second.next).toBeNull();
  });

  it("lists of filters may have any length", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const statuses = Array.from({ length: 200 }, () => "failed" as const);
    expect(unwrap(await stub.ask("runs.list", { filter: { statuses }, limit: 10 })).items).toEqual([]);
    const types = Array.from({ length: 200 }, () => "asset_failed" as const);
    expect(unwrap(await stub.ask("assets.events", { key: "a", types, limit: 10 })).items).toEqual([]);
  });

  it("one document has all active definitions with positions and levels", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      manifest({
        assets: [
          { key: "a", unit: "a", deps: [{ key: "airbyte/raw" }], code: { language: "sql", text: "select 1" } },
          { key: "b", unit: "b", deps: [{ key: "a" }] },
        ],
        units: [
          { id: "a", kind: "asset", assets: ["a"], checks: ["a:ok"] },
          { id: "b", kind: "asset", assets: ["b"] },
        ],
        checks: [{ asset: "a", name: "ok", unit: "a" }],
        jobs: [{ name: "j", selection: "b" }],
      }),
    );
    const { hash } = unwrap(await stub.ask("definitions.hash", undefined));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const document = JSON.parse(unwrap(await stub.definitionsDocument({ hash }))) as DefinitionsDocument;
    expect(document.assets.map((asset) => [asset.key, asset.level, asset.location])).toEqual([
      ["a", 1, "lake"],
      ["airbyte/raw", 0, ""],
      ["b", 2, "lake"],
    ]);
    expect(new Set(document.assets.map((asset) => asset.x)).size).toBe(3);
    expect(document.jobs).toMatchObject([{ name: "j", assetCount: 1 }]);
    expect(document.assets[0]).toMatchObject({ checks: [{ name: "ok" }] });
    expect("code" in (document.assets[0] ?? {})).toBe(false);
    expect(unwrap(await stub.ask("assets.get", { key: "a" })).asset).toMatchObject({ code: { text: "select 1" }, level: 1 });
    expect((await stub.definitionsDocument({ hash: "old" })).ok).toBe(false);
    await publish(stub, manifest(assetsOf({ a: [] })));
    expect(unwrap(await stub.ask("definitions.hash", undefined)).hash).not.toBe(hash);
  });
});

describe("reading", () => {
  it("runs, events and histories are read in pages", async () => {
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs: [{ name: "one", selection: "a", tags: { team: "finance" } }] }));
    const agent = new FakeAgent();
    await agent.start(stub);
    for (let i = 0; i < 5; i++) {
      const run = await launch(stub, i % 2 === 0 ? { job: "one" } : { selection: "a" });
      await agent.waitFor(() => agent.jobs().length === i + 1);
      const job = agent.jobs()[i];
      if (!job) throw new Error("no job");
      await agent.reported(
        agent.event(job, {
          type: "asset_materialized",
          asset: "a",
          metadata: { row_count: { type: "int", value: i }, share: { type: "float", value: i / 2 } },
          durationMs: 10,
        }),
        agent.event(job, { type: "log", level: i === 4 ? "error" : "info", message: "line" }),
        agent.done(job, { outcome: "succeeded" }),
      );
      expect(run.job).toBe(i % 2 === 0 ? "one" : null);
    }
    const first = unwrap(await stub.ask("runs.list", { filter: {}, limit: 2 }));
    const second = unwrap(await stub.ask("runs.list", { filter: {}, limit: 2, cursor: first.next }));
    const third = unwrap(await stub.ask("runs.list", { filter: {}, limit: 2, cursor: second.next }));
    expect([first, second, third].flatMap((page) => page.items)).toHaveLength(5);
    expect(third.next).toBeNull();
    const count = async (filter: InputOf<"runs.list">["filter"]) => unwrap(await stub.ask("runs.list", { filter, limit: 50 })).items.length;
    expect([
      await count({ job: "one" }),
      await count({ asset: "a" }),
      await count({ asset: "zzz" }),
      await count({ text: "FINANCE" }),
      await count({ statuses: ["failed"] }),
      await count({ createdAfter: Date.now() + 1000 }),
    ]).toEqual([3, 5, 0, 3, 0, 0]);

    const events = unwrap(await stub.ask("assets.events", { key: "a", limit: 3 }));
    const rest = unwrap(await stub.ask("assets.events", { key: "a", limit: 3, cursor: events.next }));
    expect([...events.items, ...rest.items].map((event) => event.metadata["row_count"])).toEqual(
      [4, 3, 2, 1, 0].map((value) => ({ type: "int", value })),
    );
    expect(rest.next).toBeNull();
    const series = unwrap(await stub.ask("assets.series", { key: "a", limit: 3 }));
    expect(series.map((one) => [one.name, one.points.map((point) => point.value)])).toEqual([
      ["duration_ms", [10, 10, 10]],
      ["row_count", [2, 3, 4]],
      ["share", [1, 1.5, 2]],
    ]);
    const last = first.items[0]?.id ?? "";
    const errors = unwrap(await stub.ask("runs.events", { run: last, after: 0, limit: 100, minLevel: "warn" }));
    expect(errors.events.map((row) => row.event.type)).toEqual(["log"]);
    const one = unwrap(await stub.ask("runs.events", { run: last, after: 0, limit: 1 }));
    expect([one.lastSeq, one.done]).toEqual([1, false]);
    expect(
      unwrap(await stub.ask("runs.events", { run: last, after: 0, limit: 100, step: "a", types: ["step_succeeded"] })).events,
    ).toHaveLength(1);
    expect(unwrap(await stub.ask("home.get", undefined))).toMatchObject({
      counts: { assets: 1, healthy: 1, never: 0 },
      agentsConnected: 1,
      problems: [],
      runs: { running: [] },
    });
    const asset = unwrap(await stub.ask("assets.get", { key: "a" }));
    expect(asset).toMatchObject({ metadata: { row_count: { value: 4 } }, state: { materialized: { rowCount: 4, durationMs: 10 } } });
    expect(unwrap(await stub.ask("assets.states", { limit: 1 })).next).toBeNull();
  });

  it("unknown names are refused with similar ones", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ "gold/orders": [] })));
    for (const answer of [
      await stub.ask("assets.get", { key: "gold/order" }),
      await stub.ask("assets.events", { key: "gold/order", limit: 1 }),
      await stub.ask("assets.series", { key: "gold/order", limit: 1 }),
      await stub.ask("assets.checks", { key: "gold/order" }),
    ]) {
      expect(answer).toMatchObject({ ok: false, error: { code: "not_found", details: { nearest: ["gold/orders"] } } });
    }
    const missing = "01890000-0000-7000-8000-000000000000";
    for (const answer of [
      await stub.ask("runs.get", { run: missing }),
      await stub.ask("runs.events", { run: missing, after: 0, limit: 1 }),
      await stub.ask("runs.logFiles", { run: missing }),
      await stub.perform("runs.cancel", { run: missing }, person),
      await stub.perform("runs.reexecute", { run: missing, mode: "all" }, person),
    ]) {
      expect(answer).toMatchObject({ ok: false, error: { code: "not_found" } });
    }
    expect((await stub.ask("runs.list", { filter: {}, limit: 1, cursor: "x" })).ok).toBe(false);
    expect((await stub.ask("locations.versions", { location: "nope", limit: 1 })).ok).toBe(false);
  });
});
