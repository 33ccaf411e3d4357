import { describe, expect, it } from "vitest";
import {
  allPartitions,
  dailyPartitions,
  defineAsset,
  defineAssetCheck,
  defineAssetSensor,
  defineCodeLocation,
  defineJob,
  defineMultiAsset,
  defineResource,
  defineSchedule,
  defineSensor,
  dep,
  mapping,
  multiPartitions,
  select,
  defineSourceAsset,
  staticPartitions,
  withDefaults,
  type CodeLocationOptions,
  type Job,
  type Schedule,
} from "@headgate/sdk";
import { createRuntime } from "@headgate/sdk/runtime";
import type { UnitDefinition } from "../src/definitions/unit.ts";
import { lakehouse } from "./lakehouse-program.ts";

const folders = { root: import.meta.dirname, scratch: import.meta.dirname, env: {} };

async function errorsOf(options: Partial<CodeLocationOptions>) {
  const { draft, errors } = await createRuntime(defineCodeLocation({ name: "test", ...options })).index(folders);
  expect(draft === null).toBe(errors.length > 0);
  return errors.map((error) => error.message);
}

async function draftOf(options: Partial<CodeLocationOptions>) {
  const { draft, errors } = await createRuntime(defineCodeLocation({ name: "test", ...options })).index(folders);
  expect(errors).toEqual([]);
  if (!draft) throw new Error("no draft");
  return draft;
}

const a = defineAsset({ key: "a", run: () => 1 });

describe("a good code location", () => {
  it("a description that is too long is cut and says so", async () => {
    const description = `${"x".repeat(99_000)}${"\u{1F600}".repeat(1000)}`;
    const { assets } = await draftOf({ assets: [defineAsset({ key: "a", description, run: () => {} })] });
    const cut = assets[0]?.description ?? "";
    expect(cut.length).toBeLessThanOrEqual(100_000);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut).toMatch(/… \[\d+ of 101000 characters cut\]$/);
  });

  it("a good code location becomes a manifest with places in the user's files", async () => {
    const { draft, errors } = await createRuntime(lakehouse).index(folders);
    expect(errors).toEqual([]);
    const dim = draft?.assets.find((asset) => asset.key === "dim_customer");
    expect(dim).toMatchObject({
      unit: "dim_customer",
      group: "silver",
      deps: [{ key: "stg_customers", input: "stgCustomers" }],
      source: { file: "lakehouse-program.ts" },
    });
    expect(draft?.checks).toMatchObject([
      {
        asset: "dim_customer",
        name: "email_not_null",
        unit: "check:dim_customer:email_not_null",
        blocking: true,
        source: { file: "lakehouse-program.ts" },
      },
    ]);
    expect(draft?.units.find((unit) => unit.id === "multi:split")).toMatchObject({
      kind: "multi",
      subset: true,
      assets: ["split/a", "split/b"],
      resources: ["trino"],
    });
    expect(draft?.jobs.map((job) => [job.name, job.selection])).toEqual([
      ["bronze_refresh", "group:bronze"],
      ["full_refresh", "*"],
      ["customer_pipeline", "stg_customers+"],
      ["daily_refresh", "*"],
    ]);
    expect(draft?.schedules).toMatchObject([
      {
        name: "daily_refresh_schedule",
        job: "daily_refresh",
        cron: ["0 2 * * *"],
        timezone: "Europe/Paris",
        evaluated: false,
      },
    ]);
    // It is off until its code location is switched on.
    expect(draft?.schedules[0]?.defaultStatus).toBeUndefined();
    expect(draft?.sensors).toMatchObject([
      { name: "airbyte_sync_sensor", kind: "polling", intervalSeconds: 30, evaluated: true, resources: ["airbyte"] },
    ]);
    expect(draft?.env).toEqual(["SLACK_TOKEN"]);
  });

  it("a good code location is described the same way each time", async () => {
    const runtime = createRuntime(lakehouse);
    expect(JSON.stringify(await runtime.index(folders))).toBe(JSON.stringify(await runtime.index(folders)));
  });

  it("a good code location has a code version that follows the function's text unless one is given", async () => {
    const make = (run: () => unknown, codeVersion?: string) => defineAsset({ key: "v", codeVersion, run });
    const versions = await Promise.all(
      [make(() => 1), make(() => 1), make(() => 2), make(() => 3, "v7")].map(
        async (asset) => (await draftOf({ assets: [asset] })).assets[0]?.codeVersion,
      ),
    );
    expect(versions[0]).toBe(versions[1]);
    expect(versions[0]).not.toBe(versions[2]);
    expect(versions[3]).toBe("v7");
  });

  it("a code location takes only the assets out of modules and arrays", async () => {
    const module = {
      a,
      helper: () => 1,
      limit: 7,
      others: [defineSourceAsset({ key: "raw/x" })],
      job: defineJob({ name: "j", selection: "*" }),
    };
    const draft = await draftOf({ assets: [module, [defineAsset({ key: "b", deps: ["raw/x"], run: () => 2 })]] });
    expect(draft.assets.map((asset) => asset.key).sort()).toEqual(["a", "b", "raw/x"]);
    expect(draft.jobs).toEqual([]);
  });

  it("a good code location lets a dependency be unknown, because another location may make it", async () => {
    expect((await draftOf({ assets: [defineAsset({ key: "x", deps: ["elsewhere/y"], run: () => 1 })] })).assets[0]?.deps).toEqual([
      { key: "elsewhere/y" },
    ]);
  });

  it("a good code location merges defaults under an asset's own options", async () => {
    const define = withDefaults({ group: "bronze", tags: { layer: "raw", team: "x" }, retry: { maxRetries: 2 } });
    const draft = await draftOf({ assets: [define({ key: "d", tags: { team: "y" }, run: () => 1 })] });
    expect(draft.assets[0]).toMatchObject({
      group: "bronze",
      tags: { layer: "raw", team: "y" },
      source: { file: "index-location.test.ts" },
    });
    expect(draft.units[0]?.retry).toEqual({ maxRetries: 2 });
  });

  it("a good code location lets a partitioned asset depend on its own earlier partitions", async () => {
    const self = defineAsset({
      key: "self",
      partitions: dailyPartitions({ start: "2025-01-01" }),
      deps: [dep("self", mapping.timeWindow({ startOffset: -1, endOffset: -1 }))],
      run: () => 1,
    });
    expect((await draftOf({ assets: [self] })).assets).toHaveLength(1);
  });

  it("a code location prefers a full definition over an external asset of a unit", async () => {
    const unit: UnitDefinition = {
      kind: "unit",
      id: "dbt:x",
      unitKind: "dbt",
      requires: [],
      describe: async () => ({
        ok: true,
        description: {
          assets: [
            { key: "raw/a", unit: null, description: "from dbt" },
            { key: "m", unit: "dbt:x", deps: [{ key: "raw/a" }] },
            { key: "dash", unit: null, deps: [{ key: "m" }] },
          ],
          unit: { id: "dbt:x", kind: "dbt", assets: ["m"], subset: true },
          checks: [],
          folders: [{ path: "dbt", ignore: ["dbt/target"] }],
          env: ["DBT_X"],
        },
      }),
      execute: async () => ({ outcome: "succeeded" }),
    };
    const options = {
      assets: [unit, defineAsset({ key: "raw/a", run: () => 1 }), defineSourceAsset({ key: "dash", url: "https://bi.example.com" })],
    };
    const draft = await draftOf(options);
    const byKey = new Map(draft.assets.map((asset) => [asset.key, asset]));
    expect(byKey.get("raw/a")).toMatchObject({ unit: "raw/a", description: "from dbt" });
    expect(byKey.get("dash")).toMatchObject({ unit: null, url: "https://bi.example.com", deps: [{ key: "m" }] });
    expect(draft.env).toEqual(["DBT_X"]);
    expect((await createRuntime(defineCodeLocation({ name: "t", ...options })).index(folders)).folders).toEqual([
      { path: "dbt", ignore: ["dbt/target"] },
    ]);
  });
});

describe("a code location with mistakes", () => {
  it("a code location with mistakes reports all of them at once, each with file and line", async () => {
    const trino = defineResource({ key: "trino", setup: () => 1 });
    const location = defineCodeLocation({
      name: "bad",
      assets: [
        a,
        defineAsset({ key: "a", run: () => 2 }),
        defineAsset({ key: "needs", requires: [trino], run: () => 1 }),
        defineAsset({ key: "bad key!", run: () => 1 }),
      ],
      jobs: [defineJob({ name: "j", selection: "group:" }), defineJob({ name: "j", selection: "*" })],
      schedules: [defineSchedule({ job: "nope", cron: "61 * * * *", timezone: "Mars/Base" })],
      resources: [defineResource({ key: "trin0", setup: () => 1 })],
    });
    const { draft, errors } = await createRuntime(location).index(folders);
    expect(draft).toBeNull();
    expect(errors.map((error) => error.message)).toEqual([
      expect.stringMatching(/^Asset "a" is defined twice; the other definition is at index-location\.test\.ts:\d+/),
      expect.stringContaining('"bad key!" is not an asset key'),
      expect.stringMatching(/^Asset "needs" requires the resource "trino", which the code location does not have.*use "trin0"/),
      expect.stringMatching(/^There are two jobs named "j"/),
      expect.stringMatching(/^Job "j": Selection, character \d+: /),
      expect.stringContaining('Schedule "nope_schedule": there is no job "nope"'),
      expect.stringContaining('Schedule "nope_schedule": "61 * * * *" is not a cron expression'),
      expect.stringContaining('Schedule "nope_schedule": There is no time zone "Mars/Base"'),
    ]);
    for (const error of errors) {
      expect(error.kind).toBe("invalid_definition");
      expect(error.file).toBe("index-location.test.ts");
      expect(error.line).toBeGreaterThan(1);
    }
  });

  it("a code location with mistakes writes a cycle out in the direction data flows", async () => {
    const x = defineAsset({ key: "x", deps: ["z"], run: () => 1 });
    const y = defineAsset({ key: "y", deps: [x], run: () => 1 });
    const z = defineAsset({ key: "z", deps: [y], run: () => 1 });
    expect(await errorsOf({ assets: [x, y, z] })).toEqual([
      expect.stringMatching(/cycle: (x -> y -> z -> x|y -> z -> x -> y|z -> x -> y -> z)\./),
    ]);
  });

  it("a code location with mistakes sees units that wait for each other although their assets do not", async () => {
    const outputs = { one: { key: "one" }, two: { key: "two", deps: ["between"] } };
    const between = defineAsset({ key: "between", deps: ["one"], run: () => 1 });
    const whole = defineMultiAsset({ name: "m", outputs, run: () => undefined });
    expect(await errorsOf({ assets: [whole, between] })).toEqual([expect.stringContaining("wait for each other")]);
    expect(await errorsOf({ assets: [defineMultiAsset({ name: "m", outputs, subset: true, run: () => undefined }), between] })).toEqual([]);
  });

  it("a wrong selection is reported with the place of its error or its empty clause", async () => {
    const jobs = [defineJob({ name: "syntax", selection: "a and (b" }), defineJob({ name: "empty", selection: select.groups("nobody") })];
    const errors = await errorsOf({ assets: [a], jobs });
    expect(errors[0]).toMatch(/a and \(b\n +\^/);
    expect(errors[1]).toContain("nothing matches group:nobody");
  });

  it("a job or schedule without a required option is reported without a type checker", async () => {
    const jobs = [{ selection: "*" }, { name: "j" }].map((options) => Reflect.apply(defineJob, undefined, [options]) as Job);
    const schedules = [{ name: "s" }, { name: "t", job: "j", cron: [5] }].map(
      (options) => Reflect.apply(defineSchedule, undefined, [{ cron: "@daily", ...options }]) as Schedule,
    );
    expect(await errorsOf({ assets: [a], jobs, schedules })).toEqual([
      'The name of a job must be a text. Write defineJob({ name: "nightly", selection: "*" }).',
      `Job "j": 'selection' must be a text such as "*" or 'group:"bronze"', or be made with select.`,
      `Schedule "s": 'job' must be a job made with defineJob, or the name of one.`,
      `Schedule "t": 'cron' must be an expression such as "0 2 * * *", or a list of them.`,
    ]);
  });

  it.each([
    ["a start that is no date", dailyPartitions({ start: "yesterday" }), "yesterday"],
    ["an unknown zone", dailyPartitions({ start: "2025-01-01", timezone: "Nowhere" }), "Nowhere"],
    ["no keys", staticPartitions([]), "at least one key"],
    ["a key twice", staticPartitions(["eu", "eu"]), "'eu' is listed twice"],
    ["one dimension", multiPartitions({ day: dailyPartitions({ start: "2025-01-01" }) }), "at least two dimensions"],
    [
      "nested dimensions",
      multiPartitions({ x: staticPartitions(["a"]), y: multiPartitions({ p: staticPartitions(["a"]), q: staticPartitions(["b"]) }) }),
      "'y' is itself multi-dimensional",
    ],
  ])("a code location with mistakes refuses partitions with %s", async (_what, partitions, message) => {
    expect((await errorsOf({ assets: [defineAsset({ key: "p", partitions, run: () => 1 })] }))[0]).toContain(message);
  });

  it("a code location with mistakes refuses inputs whose partitions do not fit", async () => {
    const daily = defineAsset({ key: "daily", partitions: dailyPartitions({ start: "2025-01-01" }), run: () => 1 });
    const errors = await errorsOf({
      assets: [
        daily,
        a,
        defineAsset({ key: "u", inputs: { daily }, run: () => 1 }),
        defineAsset({ key: "w", inputs: { a: allPartitions(a) }, run: () => 1 }),
      ],
    });
    expect(errors).toEqual([
      expect.stringContaining("Use allPartitions(...) or lastPartition(...)"),
      expect.stringContaining("which is not partitioned"),
    ]);
  });

  it("a code location with mistakes refuses entries that are no definitions", async () => {
    const assets = [undefined, defineJob({ name: "j", selection: "*" })] as unknown as CodeLocationOptions["assets"];
    expect(await errorsOf({ assets })).toEqual([expect.stringContaining("assets[0]"), expect.stringContaining("assets[1]")]);
  });

  it("a code location with mistakes refuses sensors that can do nothing", async () => {
    const every = "soon" as "1s";
    const sensors = [defineSensor({ name: "s", every, evaluate: () => undefined }), defineAssetSensor({ name: "t", assets: [] })];
    expect(await errorsOf({ assets: [a], sensors })).toEqual([
      expect.stringContaining("'every' must be"),
      expect.stringContaining("needs a 'job'"),
      expect.stringContaining("watches no asset"),
    ]);
  });

  it("a code location with mistakes refuses a check of an asset that the location does not have", async () => {
    const check = defineAssetCheck({ asset: "ghost", name: "c", run: () => true });
    expect(await errorsOf({ assets: [check] })).toEqual([
      expect.stringContaining('Check "c" of asset "ghost": the asset is not part of this code location'),
    ]);
  });

  it("a code location with mistakes passes on what a unit says and survives one that throws", async () => {
    const broken: UnitDefinition = {
      kind: "unit",
      id: "dbt:bad",
      unitKind: "dbt",
      requires: [],
      describe: () => Promise.reject(new Error("boom")),
      execute: async () => ({ outcome: "succeeded" }),
    };
    const refusing: UnitDefinition = {
      ...broken,
      id: "dbt:no",
      describe: async () => ({ ok: false, errors: [{ kind: "project", message: "no profile" }] }),
    };
    expect(await errorsOf({ assets: [broken, refusing] })).toEqual(["dbt:bad: boom", "no profile"]);
  });

  it("a code location with mistakes says what to export when the entry module exports something else", async () => {
    const { errors } = await createRuntime({} as ReturnType<typeof defineCodeLocation>).index(folders);
    expect(errors[0]?.message).toContain("export default defineCodeLocation");
  });
});

describe("the name of a code location", () => {
  const nameless = defineCodeLocation({ assets: [a] });

  it("the name of a code location is the one of the configuration when the definition has none", async () => {
    const { draft } = await createRuntime(nameless, { name: "configured" }).index(folders);
    expect(draft?.location).toBe("configured");
  });

  it("the name of a code location stays the definition's own, so that the publisher can compare both", async () => {
    const { draft } = await createRuntime(defineCodeLocation({ name: "own", assets: [a] }), { name: "configured" }).index(folders);
    expect(draft?.location).toBe("own");
  });

  it("the name of a code location must be there and fit, and says where to write it", async () => {
    const without = await createRuntime(nameless).index(folders);
    expect(without.errors).toMatchObject([
      { message: expect.stringContaining("has no name"), hint: expect.stringContaining("headgate.config.ts") },
    ]);
    const odd = await createRuntime(defineCodeLocation({ name: "my location" })).index(folders);
    expect(odd.errors).toMatchObject([
      { message: expect.stringContaining('"my location" is not allowed'), file: "index-location.test.ts" },
    ]);
  });
});

it("indexing reports an error of several units only once", async () => {
  const unit = (name: string) =>
    ({
      kind: "unit",
      id: `dbt:${name}`,
      unitKind: "dbt",
      requires: [],
      describe: async () => ({ ok: false, errors: [{ kind: "project", message: "The dbt project cannot be read." }] }),
      execute: async () => ({ outcome: "canceled" }),
    }) satisfies UnitDefinition as never;
  expect(await errorsOf({ assets: [unit("models"), unit("sources")] })).toEqual(["The dbt project cannot be read."]);
});

describe("what the compiler would have refused", () => {
  const nothing = undefined as never;
  const text = "a" as never;

  it.each([
    ["an undefined input", { inputs: { a: nothing } }, "input 'a' is undefined (two modules that import each other?), not an asset"],
    ["a key as an input", { inputs: { a: text } }, "input 'a' is a string, not an asset whose value can be read"],
    ["partitions of nothing", { inputs: { a: allPartitions(nothing) } }, "input 'a' is a allPartitions, not an asset"],
    ["an undefined dependency", { deps: [nothing] }, "deps[0] is undefined (two modules that import each other?), not an asset"],
    ["a single dependency", { deps: text }, "'deps' is a string, not a list. Write deps: [...]."],
    ["the key of a resource", { requires: [text] }, "requires[0] is a string, not a resource; pass what defineResource returned."],
    ["an undefined resource", { requires: [nothing] }, "requires[0] is undefined"],
  ])("%s is named with its asset", async (_what, options, message) => {
    const wrong = defineAsset({ key: "wrong", ...options, run: () => 1 });
    expect(await errorsOf({ assets: [a, wrong] })).toEqual([expect.stringContaining(`Asset "wrong": ${message}`)]);
  });

  it("an undefined input of a multi-asset is told once", async () => {
    const outputs = { x: { key: "x" }, y: { key: "y" } };
    const multi = defineMultiAsset({ name: "m", inputs: { a: nothing }, outputs, async *run() {} });
    expect(await errorsOf({ assets: [multi] })).toEqual([expect.stringMatching(/^Multi-asset "m": input 'a' is undefined/)]);
  });

  it("assets that are no list are answered with the list", async () => {
    expect(await errorsOf({ assets: a as never })).toEqual([expect.stringContaining("is a single value (write assets: [...])")]);
  });

  it("a schedule of an undefined job is told to have one", async () => {
    const schedules = [defineSchedule({ job: nothing, cron: "0 2 * * *" })];
    const message = `Schedule "nameless_schedule": 'job' must be a job made with defineJob, or the name of one.`;
    expect(await errorsOf({ assets: [a], schedules })).toEqual([message]);
  });

  it("an asset without a key is told to have one", async () => {
    expect(await errorsOf({ assets: [defineAsset({ run: () => 1 } as never)] })).toEqual([expect.stringMatching(/^An asset has no key\./)]);
  });

  it("an asset without a function is refused where it stands", () => {
    expect(() => defineAsset({ key: "x" } as never)).toThrow(`Asset "x" has no function 'run'.`);
    expect(() => defineAsset("x" as never)).toThrow('Asset: the options are the text "x", not an object. Write defineAsset({ ... }).');
  });
});
